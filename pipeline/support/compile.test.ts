import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const PROCESSES = 4;
const OLD_FOLDERS = 200;
const LONG_AGO = new Date(0);

it('several processes compile at once and remove what is old, and each finds all modules', async () => {
  const root = temporaryFolder();
  const cache = join(root, 'pipeline', '.compiled');
  for (const folder of ['pipeline/support', 'runtime']) mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(fileURLToPath(new URL('./compile.mjs', import.meta.url)), join(root, 'pipeline/support/compile.mjs'));
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(root, 'node_modules'));
  writeFileSync(join(root, 'pipeline/cli.ts'), "export const said: string = 'hello';\n");
  writeFileSync(join(root, 'runtime/package.json'), '{ "name": "runtime", "exports": {} }');
  writeFileSync(
    join(root, 'main.mjs'),
    "import { compiledUrl } from './pipeline/support/compile.mjs';\nconst url = await compiledUrl(new URL('./pipeline/cli.ts', import.meta.url));\nconsole.log((await import(url)).said, url);\n",
  );
  for (let i = 0; i < OLD_FOLDERS; i++) {
    const old = join(cache, `old-${i}`);
    mkdirSync(old, { recursive: true });
    utimesSync(old, LONG_AGO, LONG_AGO);
  }
  const run = promisify(execFile);
  const outputs = await Promise.all(Array.from({ length: PROCESSES }, () => run(process.execPath, [join(root, 'main.mjs')])));
  const [{ stdout }] = outputs;
  expect(stdout).toMatch(/^hello file:.*\.compiled.*cli\.js\n$/);
  expect(outputs.map((output) => output.stdout)).toEqual(Array<string>(PROCESSES).fill(stdout));
  expect(readdirSync(cache)).toHaveLength(1);
  expect(existsSync(join(cache, readdirSync(cache)[0], 'pipeline', 'cli.js'))).toBe(true);
});
