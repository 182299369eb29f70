/** The library's entries, each imported alone in a process of its own, as threads of the pipeline and the server do. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const { exports } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, string | object>;
};
const modules = Object.keys(exports).filter((entry) => !entry.endsWith('.json'));

const TENSORFLOW_LOADED = `console.log(Object.keys((await import('node:module')).default._cache).some((file) => file.includes('@tensorflow')))`;

function run(code: string): string {
  return execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    encoding: 'utf8',
    cwd: new URL('.', import.meta.url),
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

it('are those that are documented, and no file beside them', () => {
  expect(Object.keys(exports)).toEqual([
    '.',
    './node',
    './element',
    './transfer',
    './integer',
    './format',
    './testing',
    './manifest.schema.json',
  ]);
});

it.each(modules)('%s loads no TensorFlow.js', (entry) => {
  expect(run(`await import('@sld-edge/runtime${entry.slice(1)}'); ${TENSORFLOW_LOADED}`)).toBe('false');
});

it('a backend of graph models loads it when it is initialised', () => {
  expect(
    run(
      `const { createTfjsWasmBackend } = await import('@sld-edge/runtime'); await createTfjsWasmBackend({ wasmPaths: '' }).init().catch(() => 0); ${TENSORFLOW_LOADED}`,
    ),
  ).toMatch(/true$/);
});
