import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Data flows one way (docs/architecture.md): a folder may import what stands here and nothing else of ours, and the library by its entries. */
const mayNotImport = (folders) => ({
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        ...folders.map((folder) => ({
          group: [`**/${folder}/**`, `@sld-edge/${folder}`, `@sld-edge/${folder}/**`],
          message: `this folder may not import ${folder}/ (see docs/architecture.md)`,
        })),
        {
          group: ['../**/runtime/**', '@sld-edge/runtime/*/**'],
          message: 'runtime/ is a library: import @sld-edge/runtime or one of its entries (runtime/package.json)',
        },
      ],
    },
  ],
});

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'models/**', 'runs/**', '**/.compiled/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  { rules: { '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }] } },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: { URL: 'readonly', clearInterval: 'readonly', console: 'readonly', process: 'readonly', setInterval: 'readonly' },
    },
  },
  {
    files: ['runtime/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['node:*', 'express', 'sharp', '@tensorflow/tfjs-node*'],
              message: 'runtime/ runs in browsers too: what is Node-only is handed in',
            },
            { group: ['**/pipeline/**', '**/server/**', '**/web-client/**'], message: 'runtime/ imports nothing of ours' },
          ],
        },
      ],
    },
  },
  {
    // The Node-only entry, @sld-edge/runtime/node, the library's build, and what tests make of Node's: pictures and a backend.
    files: [
      'runtime/node/**/*.ts',
      'runtime/build/**/*.ts',
      'runtime/testing/images.ts',
      'runtime/testing/tfjs-wasm.ts',
      'runtime/testing/corpus/**/*.ts',
    ],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['**/pipeline/**', '**/server/**', '**/web-client/**'], message: 'runtime/ imports nothing of ours' }] },
      ],
    },
  },
  { files: ['runtime/**/*.test.ts'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['pipeline/**/*.ts'], rules: mayNotImport(['server', 'web-client']) },
  { files: ['server/**/*.ts'], rules: mayNotImport(['pipeline', 'web-client']) },
  { files: ['web-client/**/*.ts'], rules: mayNotImport(['pipeline', 'server', 'runtime/node']) },
  {
    // Examples for browsers import the library as others do.
    files: ['examples/**/*.{js,jsx}'],
    languageOptions: {
      parserOptions: { ecmaFeatures: { jsx: true } },
      globals: Object.fromEntries(
        ['URL', 'URLSearchParams', 'caches', 'document', 'fetch', 'location', 'navigator', 'self'].map((name) => [name, 'readonly']),
      ),
    },
  },
  { files: ['e2e/**/*.ts'], rules: mayNotImport(['pipeline', 'server', 'web-client']) },
);
