import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { externalWeightFiles } from './external-weights.ts';
import { loadTeacher } from './teacher.ts';

const message = (...fields: [number, Uint8Array | string][]): Uint8Array => {
  const writer = new BinaryWriter();
  for (const [field, value] of fields) {
    writer.tag(field, WireType.LengthDelimited);
    if (typeof value === 'string') writer.string(value);
    else writer.bytes(value);
  }
  return writer.finish();
};

/** A tensor whose elements lie elsewhere. */
const tensorAt = (location: string): Uint8Array =>
  message([13, message([1, 'location'], [2, location])], [13, message([1, 'offset'], [2, '0'])]);

function modelAt(folder: string, ...graph: [number, Uint8Array][]): string {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, message([2, 'a producer'], [7, message(...graph)]));
  return path;
}

describe('external weights of an ONNX model', () => {
  it('are found under any name, in initializers, constants and inner graphs, each once', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'parts'));
    for (const name of ['weights.bin', 'parts/one', 'inner']) writeFileSync(join(folder, name), name);
    const constant = message([5, message([1, 'value'], [5, tensorAt('parts/one')])]);
    const branch = message([5, message([1, 'then_branch'], [6, message([5, tensorAt('inner')])])]);
    const path = modelAt(
      folder,
      [5, tensorAt('weights.bin')],
      [5, tensorAt('weights.bin')],
      [1, constant],
      [1, branch],
      [5, message([8, 'plain'])],
    );
    expect(externalWeightFiles(path)).toEqual(['weights.bin', 'parts/one', 'inner'].map((name) => join(folder, name)));
  });

  it.each(['../weights', '/etc/passwd', 'a/../../weights', 'C:\\weights', '..\\weights'])(
    'at %s are refused: outside of the model’s folder',
    async (location) => {
      const path = modelAt(temporaryFolder(), [5, tensorAt(location)]);
      expect((await errorOf(() => externalWeightFiles(path))).message).toMatch(/expected a file in the model's folder/);
    },
  );

  it('that are missing, and files that are no protobuf, are refused in one line', async () => {
    const folder = temporaryFolder();
    expect((await errorOf(() => externalWeightFiles(modelAt(folder, [5, tensorAt('gone')])))).message).toMatch(
      /^.*model.onnx has weights in gone, which is not beside it/,
    );
    writeFileSync(join(folder, 'text.onnx'), 'this is no model at all');
    expect((await errorOf(() => externalWeightFiles(join(folder, 'text.onnx')))).message).toMatch(
      /text.onnx is not an ONNX model: [^\n]+$/,
    );
  });

  it('count to a teacher’s checksum and identity, whatever they are called', async () => {
    const folder = temporaryFolder();
    for (const name of ['model.onnx', 'model.onnx_data'])
      copyFileSync(fileURLToPath(new URL(`./fixtures/external/${name}`, import.meta.url)), join(folder, name));
    const data = { name: 'three', labels: ['a', 'b', 'c'], inputShape: { height: 32, width: 32, channels: 3 } };
    const load = () =>
      loadTeacher(join(folder, 'model.onnx'), data, { stated: { preprocessing: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } } });
    const before = await load();
    const weights = readFileSync(join(folder, 'model.onnx_data'));
    weights.writeFloatLE(weights.readFloatLE(0) + 1, 0);
    writeFileSync(join(folder, 'model.onnx_data'), weights);
    const after = await load();
    expect(after.sha256).not.toBe(before.sha256);
    expect(after.identity).not.toBe(before.identity);
  });
});
