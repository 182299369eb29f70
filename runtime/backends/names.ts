/** Names of backends. Those by TensorFlow.js, of graph models, say so; `interpreter`, the definition, `webgpu` and what begins with `wasm` compute integer programs. */
export const BACKEND_NAMES = [
  'interpreter',
  'wasm',
  'wasm-relaxed',
  'wasm-scalar',
  'webgpu',
  'tfjs-wasm',
  'tfjs-webgpu',
  'onnx',
  'tensorflow',
] as const;

export type BackendName = (typeof BACKEND_NAMES)[number];

/** Backends that a browser can have. */
export const PAGE_BACKENDS = [
  'wasm',
  'wasm-relaxed',
  'wasm-scalar',
  'webgpu',
  'interpreter',
  'tfjs-wasm',
  'tfjs-webgpu',
] as const satisfies BackendName[];

export type PageBackendName = (typeof PAGE_BACKENDS)[number];

/** Backends of integer programs in the order in which pages and servers try them: of a group the fastest on the device answers. */
export const INTEGER_CANDIDATES = [['wasm', 'wasm-relaxed'], 'wasm-scalar', 'interpreter'] as const satisfies readonly (
  BackendName | BackendName[]
)[];

/** Earlier names of backends. `wasm` and `webgpu` are those of integer programs now. */
const RENAMED: Partial<Record<string, BackendName>> = { typescript: 'interpreter', wasm: 'tfjs-wasm', webgpu: 'tfjs-webgpu' };

/** One clause for people, where a backend had this name before: `what was "typescript" is called "interpreter" now`. */
export function renamedBackend(name: string): string | undefined {
  return Object.hasOwn(RENAMED, name) ? `what was "${name}" is called "${RENAMED[name]}" now` : undefined;
}
