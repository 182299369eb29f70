import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { placeInWorkDir } from './assemble.ts';
import { extractWheel } from './extract-wheel.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'wheel-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A zip archive as APPNOTE.TXT describes it: local headers with deflated data, central directory, end record. */
function zip(entries: Record<string, string>, wrongCrc = false): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(entries)) {
    const data = zlib.deflateRawSync(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE((zlib.crc32(text) ^ (wrongCrc ? 1 : 0)) >>> 0, 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(Buffer.byteLength(text), 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), common, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

function wheel(content: Buffer): string {
  const path = join(folder, 'x.whl');
  writeFileSync(path, content);
  return path;
}

test('writes the chosen entries, with sizes, checksums and bytes of progress', async () => {
  const path = wheel(zip({ 'a/one.so': 'first', 'a/two.py': 'left out', 'b/three.h': 'third!' }));
  const progress: [number, number][] = [];
  const files = await extractWheel(
    path,
    join(folder, 'out'),
    (name) => (name.endsWith('.py') ? null : `to/${name}`),
    (...bytes) => progress.push(bytes),
  );
  expect([...files.keys()]).toEqual(['to/a/one.so', 'to/b/three.h']);
  expect(files.get('to/a/one.so')).toEqual({ bytes: 5, sha256: createHash('sha256').update('first').digest('hex') });
  expect(readFileSync(join(folder, 'out/to/b/three.h'), 'utf8')).toBe('third!');
  expect(existsSync(join(folder, 'out/to/a/two.py'))).toBe(false);
  expect(progress).toEqual([
    [5, 11],
    [11, 11],
  ]);
});

test('refuses a wheel that is cut off', async () => {
  const path = wheel(zip({ 'a.so': 'content' }).subarray(0, 40));
  await expect(extractWheel(path, folder, (name) => name)).rejects.toMatchObject({
    code: 'WHEEL_CORRUPT',
    message: expect.stringContaining('x.whl is not a whole wheel'),
  });
});

test('refuses an entry whose CRC-32 differs', async () => {
  const path = wheel(zip({ 'a.so': 'content' }, true));
  await expect(extractWheel(path, join(folder, 'out'), (name) => name)).rejects.toMatchObject({
    code: 'WHEEL_CORRUPT',
    message: expect.stringContaining('CRC-32 of a.so does not match'),
  });
});

test('refuses to leave the target folder', async () => {
  const path = wheel(zip({ 'a.so': 'content' }));
  await expect(extractWheel(path, join(folder, 'out'), () => '../escaped')).rejects.toMatchObject({ code: 'WHEEL_CORRUPT' });
  expect(existsSync(join(folder, 'escaped'))).toBe(false);
});

test.each([
  ['tensorflow/libtensorflow_cc.so.2', 'engine/deps/lib/libtensorflow_cc.so.2'],
  ['tensorflow/include/tensorflow/c/c_api.h', 'headers/tensorflow/c/c_api.h'],
  ['tensorflow/include/Eigen/Core', null],
  ['tensorflow/python/x.so', null],
  ['nvidia/cublas/lib/libcublas.so.12', 'engine/deps/nvidia/cublas/lib/libcublas.so.12'],
  ['nvidia/cuda_nvrtc/lib/libnvrtc-builtins.alt.so.12.9', 'engine/deps/nvidia/cuda_nvrtc/lib/libnvrtc-builtins.alt.so.12.9'],
  ['nvidia/cuda_nvcc/bin/ptxas', 'engine/deps/nvidia/cuda_nvcc/bin/ptxas'],
  ['nvidia/cuda_runtime/lib/libcudart_static.a', null],
  ['nvidia/cudnn/include/cudnn.h', null],
])('%s goes to %s', (entry, place) => {
  expect(placeInWorkDir(entry)).toBe(place);
});
