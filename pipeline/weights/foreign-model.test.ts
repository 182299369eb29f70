import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { refuseForeignModel } from './foreign-model.ts';

/** A zip archive of empty entries, all said to be compressed. */
function archive(...names: string[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const name of names) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name)]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), common, place, Buffer.from(name)]));
    locals.push(local);
    at += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(names.length, 4);
  end.writeUInt16LE(names.length, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...locals, entries, Buffer.from('PK\x05\x06'), end]);
}

const path = (content: Uint8Array | string, name = 'model.pth'): string => {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
};

describe('a model of another kind', () => {
  it.each<[string, Uint8Array | string, RegExp]>([
    ['Keras .h5', Buffer.from('\x89HDF\r\n\x1a\n and more', 'latin1'), /a Keras model, .* python -c "import keras; .*format='onnx'\)"$/],
    ['Keras .keras', archive('metadata.json', 'config.json', 'model.weights.h5'), /a Keras model/],
    [
      'TensorFlow Lite',
      Buffer.from('\x1c\0\0\0TFL3 and more', 'latin1'),
      /TensorFlow Lite model, .* python -m tf2onnx.convert --tflite \S+ --output model.onnx$/,
    ],
    [
      'TensorFlow.js',
      '{"format": "layers-model", "modelTopology": {}, "weightsManifest": []}',
      /TensorFlow.js model, .* --tfjs \S+ --output model.onnx$/,
    ],
    [
      'TorchScript',
      archive('net/data.pkl', 'net/code/__torch__.py', 'net/constants.pkl'),
      /a TorchScript archive, which holds code, .* torch.onnx.export/,
    ],
  ])('%s is named by its content, whatever it is called, with what to type', async (_, content, text) => {
    for (const name of ['model.pth', 'model.onnx'])
      expect((await errorOf(() => refuseForeignModel(path(content, name)))).message).toMatch(text);
  });

  it.each<[string, string, string, RegExp]>([
    ['a SavedModel', 'saved_model.pb', '', /a TensorFlow SavedModel, .* --saved-model \S+ --output model.onnx$/],
    ['tfjs files', 'model.json', '{"modelTopology": {}}', /a TensorFlow.js model, .* --tfjs \S+model.json/],
    ['transformers', 'config.json', '{"model_type": "vit"}', /Hugging Face transformers, .* optimum-cli export onnx --model \S+ onnx$/],
    ['an ONNX model', 'net.onnx', '', /is a folder; expected a file: .*, such as \S+net.onnx$/],
    ['nothing of these', 'notes.txt', '', /is a folder; expected a file: .safetensors, .pth, .th, .pt or .onnx$/],
  ])('a folder of %s is named in one line', async (_, name, content, text) => {
    const folder = join(temporaryFolder(), 'model');
    mkdirSync(folder);
    writeFileSync(join(folder, name), content);
    expect((await errorOf(() => refuseForeignModel(folder))).message).toMatch(text);
  });

  it('is not seen in files that are read here, or damaged', async () => {
    for (const content of [archive('net/data.pkl', 'net/data/0'), '{"a": 1}', 'PK damaged', '', Buffer.from([0x80, 2, 1])])
      await refuseForeignModel(path(content));
  });
});
