import { fileURLToPath } from 'node:url';
import { normalise, readVerified, softmax, type Manifest, type Preprocessing } from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';
import { expect, it } from 'vitest';
import { openOnnx, type OnnxClassifier } from '../../evaluation/onnx-session.ts';
import { modelPixels } from '../../evaluation/model-input.ts';
import { readExportedPackage, type ExportedPackage } from './exported-package.ts';
import { huggingFace } from './huggingface.ts';

const read = readFolder(fileURLToPath(new URL('../../../models/fashion-mnist/46b45e4aa5f1', import.meta.url)));
const pkg = await readExportedPackage(read);
const files = huggingFace.files(pkg);

const jsonOf = (from: ReadonlyMap<string, Uint8Array | string>, path: string): Record<string, unknown> =>
  JSON.parse(from.get(path) as string) as Record<string, unknown>;

/** The package with another preprocessing. */
const seenAs = (preprocessing: Partial<Manifest['preprocessing']>): ExportedPackage => ({
  ...pkg,
  manifest: { ...pkg.manifest, preprocessing: { ...pkg.manifest.preprocessing, ...preprocessing } },
});

/** Logits of a model for the goldens' pixels. */
async function logitsOf(classifier: OnnxClassifier, p: Preprocessing): Promise<Float32Array> {
  const { goldens, preprocessing } = pkg.manifest;
  const pixels = await readVerified(read, goldens.pixels);
  const count = pixels.length / (28 * 28);
  const session = await openOnnx(classifier, 1);
  const logits = await session.run(normalise(modelPixels(pixels, count, preprocessing, p), p), count, p);
  await session.dispose();
  return logits;
}

it.each([
  ['onnx/model.onnx', 'float32', pkg.manifest.onnx!.model],
  ['onnx/model_quantized.onnx', 'integer', pkg.manifest.onnx!.int8!.model],
] as const)('%s gives the calibrated probabilities of %s to colours of grey pictures', async (path, variant, own) => {
  const { preprocessing, variants } = pkg.manifest;
  const three: Preprocessing = { ...preprocessing, channels: 3, mean: [0.286, 0.286, 0.286], std: [0.353, 0.353, 0.353] };
  const found = await logitsOf({ model: files.get(path) as Uint8Array, input: 'pixel_values' }, three);
  const expected = await logitsOf({ model: await readVerified(read, own) }, preprocessing);
  const { temperature } = variants[variant]!.calibration!;
  expect(temperature).not.toBe(1);
  expect(found).toHaveLength(expected.length);
  for (let i = 0; i < found.length; i += 10) {
    const theirs = softmax(expected.subarray(i, i + 10), temperature);
    softmax(found.subarray(i, i + 10), 1).forEach((probability, c) => expect(Math.abs(probability - theirs[c])).toBeLessThan(1e-4));
  }
});

it('states labels and an image processor that cuts the centre', () => {
  expect([...files.keys()]).toEqual(['config.json', 'preprocessor_config.json', 'onnx/model.onnx', 'onnx/model_quantized.onnx']);
  expect(jsonOf(files, 'config.json')).toMatchObject({ id2label: { 9: 'Ankle boot' }, label2id: { 'Ankle boot': 9 } });
  expect(jsonOf(files, 'preprocessor_config.json')).toMatchObject({
    image_processor_type: 'CLIPImageProcessor',
    size: { shortest_edge: 28 },
    crop_size: { height: 28, width: 28 },
    image_mean: [0.286, 0.286, 0.286],
  });
});

it('resizes the shorter side as torchvision does where a part is kept', () => {
  const found = jsonOf(huggingFace.files(seenAs({ height: 224, width: 224, cropRatio: 0.875 })), 'preprocessor_config.json');
  expect(found).toMatchObject({ size: { shortest_edge: 256 }, crop_size: { height: 224, width: 224 } });
});

it('stretches the whole picture where the package does', () => {
  const found = jsonOf(huggingFace.files(seenAs({ fit: 'stretch', height: 20, width: 30 })), 'preprocessor_config.json');
  expect(found).toMatchObject({ image_processor_type: 'ViTImageProcessor', size: { height: 20, width: 30 } });
  expect(found).not.toHaveProperty('do_center_crop');
});

it('asks for the quantized file by itself where there is no other', () => {
  const found = huggingFace.files({ manifest: pkg.manifest, integer: pkg.integer! });
  expect([...found.keys()]).not.toContain('onnx/model.onnx');
  expect(jsonOf(found, 'config.json')['transformers.js_config']).toEqual({ dtype: 'q8' });
});

it('refuses what no image processor does, and a package without either file', () => {
  expect(() => huggingFace.files(seenAs({ width: 30 }))).toThrow('fashion-mnist takes pictures of 30x28 pixels cut from the centre');
  expect(() => huggingFace.files({ manifest: pkg.manifest })).toThrow('fashion-mnist has neither an ONNX file nor an integer variant');
});

it('writes figures into the card where there are some', () => {
  const accuracy = { top1: 0.5, top5: 1, count: 8 };
  const card = huggingFace.card(pkg, files, [{ path: 'onnx/model.onnx', accuracy, agreement: 0.75 }]);
  expect(card).toContain('| `onnx/model.onnx` | 50.00 % | 100.00 % | 75.00 % |');
  expect(card).toContain('"metrics":[{"type":"accuracy","value":0.5,"name":"top-1, onnx/model.onnx"}]');
  expect(huggingFace.card(pkg, files, [])).toContain('These files were not measured');
});
