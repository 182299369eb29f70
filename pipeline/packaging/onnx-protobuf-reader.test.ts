import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { encodeModel } from './onnx-protobuf.ts';
import { decodeModel } from './onnx-protobuf-reader.ts';

const folder = fileURLToPath(new URL('../../models/fashion-mnist/46b45e4aa5f1/onnx/', import.meta.url));

it.each(['model.onnx', 'model-int8.onnx'])('reads %s so that it is written again to the byte', (name) => {
  const bytes = readFileSync(folder + name);
  const model = decodeModel(bytes);
  expect(model.graph.inputs[0]).toMatchObject({ name: 'input', shape: ['batch', 1, 28, 28] });
  expect(Buffer.from(encodeModel(model)).equals(bytes)).toBe(true);
});

it('refuses what is no model', () => {
  expect(() => decodeModel(new Uint8Array(0))).toThrow('expected an ONNX file as packages have it: the field 7 stands 0 times, not once');
});
