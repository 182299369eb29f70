import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { downloadWheel } from './download-wheel.ts';
import type { PinnedWheel } from './wheels.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'download-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** `printf wheel | sha256sum` */
const SHA256_OF_WHEEL = 'ba59926159d2aa256eb8739b8da7e2b574b960e1202c6d624cbe981cef996c91';
const pinned = (sha256: string): PinnedWheel => ({
  project: 'tensorflow-cpu',
  version: '9.9.9',
  platformTags: ['one', 'two'],
  bytes: 5,
  sha256,
});

/** A program that stands in for pip: notes its arguments, then runs a shell line with `$dest` set. */
function fakePip(line: string) {
  const program = join(folder, 'pip');
  writeFileSync(
    program,
    `#!/bin/sh\necho "$@" > ${folder}/arguments\nwhile [ "$1" != --dest ]; do shift; done\ndest=$2\nmkdir -p "$dest"\n${line}\n`,
  );
  chmodSync(program, 0o755);
  return { program, args: [], version: 'pip' };
}

const run = (line: string, sha256 = SHA256_OF_WHEEL) =>
  downloadWheel(pinned(sha256), fakePip(line), join(folder, 'downloads'), join(folder, 'work'), () => {});

test('asks pip for the pinned version and every platform tag, and keeps the checked wheel', async () => {
  const path = await run('printf wheel > "$dest/tensorflow_cpu-9.9.9-x.whl"');
  expect(readFileSync(path, 'utf8')).toBe('wheel');
  expect(readFileSync(join(folder, 'arguments'), 'utf8')).toMatch(
    /^download --no-deps --only-binary=:all: --python-version 3\.11 --platform one --platform two .*tensorflow-cpu==9\.9\.9\n$/,
  );
});

test('an intact wheel is not fetched twice', async () => {
  const path = await run('printf wheel > "$dest/tensorflow_cpu-9.9.9-x.whl"');
  expect(await run('exit 1')).toBe(path);
});

test('a damaged wheel from an earlier run is fetched again', async () => {
  const path = await run('printf wheel > "$dest/tensorflow_cpu-9.9.9-x.whl"');
  writeFileSync(path, 'whe');
  expect(readFileSync(await run('printf wheel > "$dest/tensorflow_cpu-9.9.9-x.whl"'), 'utf8')).toBe('wheel');
});

test('another content than the pinned one is refused and not kept', async () => {
  await expect(run('printf other > "$dest/tensorflow_cpu-9.9.9-x.whl"')).rejects.toMatchObject({
    code: 'WHEEL_CORRUPT',
    message: expect.stringContaining(`expected ${SHA256_OF_WHEEL}`),
  });
  expect(existsSync(join(folder, 'downloads')) ? readdirSync(join(folder, 'downloads')) : []).toEqual([]);
});

test.each([
  ['echo "ERROR: no such option: --platform" >&2; exit 2', 'DOWNLOAD_FAILED', 'no such option: --platform'],
  [
    'echo "WARNING: Retrying after NewConnectionError" >&2; echo "ERROR: No matching distribution" >&2; exit 1',
    'DOWNLOAD_FAILED',
    'the package index cannot be reached',
  ],
  ['echo "OSError: [Errno 28] No space left on device" >&2; exit 1', 'DISK_FULL', 'SLD_EDGE_CACHE'],
  ['exit 0', 'DOWNLOAD_FAILED', 'left no wheel'],
])('pip that ends so: %s', async (line, code, text) => {
  await expect(run(line)).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
});
