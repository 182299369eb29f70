/** Workers are modules: the library's loads what it needs when it needs it. */
export default { base: './', worker: { format: 'es' } };
