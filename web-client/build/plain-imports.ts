import type { Plugin } from 'vite';

/** Module by which Vite makes every `import()` wait for styles and preloads of what it imports. */
const HELPER = '\0vite/preload-helper.js';

/** Leaves `import()` as it is written: a part of the page is one file, which brings its own styles. */
export function plainImports(): Plugin {
  return {
    name: 'sld-edge-plain-imports',
    enforce: 'pre',
    load: (id) => (id === HELPER ? 'export const __vitePreload = (load) => load();' : undefined),
  };
}
