import { defineConfig } from 'vite';
import { CHECKS_MANIFESTS, inOneFile, offlinePlugin, plainImports, PURE_RUNTIME, WORKER_OUTPUT } from './build/offline-plugin.ts';

/** Relative URLs throughout (`base: './'`), so that the same build works at any path of any static host. */
export default defineConfig({
  base: './',
  build: {
    target: 'es2022',
    // Inlined assets would be data: URLs, which the Content-Security-Policy refuses.
    assetsInlineLimit: 0,
    // The page's parts need no helper: each is one file, and brings its styles in it.
    modulePreload: false,
    chunkSizeWarningLimit: 1500,
    // The page needs the runtime's errors and limits, not the TensorFlow.js that only the worker runs.
    rolldownOptions: {
      treeshake: PURE_RUNTIME,
      output: { assetFileNames: WORKER_OUTPUT.assetFileNames, ...inOneFile('index', CHECKS_MANIFESTS) },
    },
  },
  worker: { format: 'es', rolldownOptions: { output: WORKER_OUTPUT } },
  plugins: [plainImports(), offlinePlugin()],
  server: {
    // `npm run dev` serves the page; the packages come from a server started beside it.
    proxy: { '/models': process.env.SLD_EDGE_SERVER ?? 'http://localhost:8080' },
  },
});
