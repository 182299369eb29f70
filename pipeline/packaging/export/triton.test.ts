import { fileURLToPath } from 'node:url';
import { normalise, readVerified, softmax, toGrey } from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';
import { expect, it } from 'vitest';
import { openOnnx } from '../../evaluation/onnx-session.ts';
import { readExportedPackage, type ExportedPackage } from './exported-package.ts';
import { triton } from './triton.ts';

const read = readFolder(fileURLToPath(new URL('../../../models/fashion-mnist/46b45e4aa5f1', import.meta.url)));
const pkg = await readExportedPackage(read);
const files = triton.files(pkg);
const { preprocessing, labels, onnx, variants } = pkg.manifest;

/** Coloured pictures, whose grey the runtime would make. */
const COUNT = 8;
const colours = Uint8Array.from({ length: COUNT * 28 * 28 * 3 }, (_, i) => (i * i * 31 + (i >> 7) * 17) % 256);

/** The package with labels or a size of its own. */
const withManifest = (manifest: Partial<ExportedPackage['manifest']>): ExportedPackage => ({
  ...pkg,
  manifest: { ...pkg.manifest, ...manifest },
});

async function outputOf(path: string, output: string): Promise<Float32Array> {
  const model = files.get(path) as Uint8Array;
  const session = await openOnnx({ model, input: 'pixels', output, layout: 'nhwc', inputType: 'uint8' }, 1);
  const values = await session.run(Float32Array.from(colours), COUNT, { ...preprocessing, channels: 3 });
  await session.dispose();
  return values;
}

it.each([
  ['fashion-mnist/1/model.onnx', 'float32', onnx!.model],
  ['fashion-mnist-int8/1/model.onnx', 'integer', onnx!.int8!.model],
] as const)("%s answers to colours as %s does to the runtime's pixels", async (path, variant, own) => {
  const session = await openOnnx({ model: await readVerified(read, own) }, 1);
  const expected = await session.run(normalise(toGrey(colours), preprocessing), COUNT, preprocessing);
  await session.dispose();
  const logits = await outputOf(path, 'logits');
  const probabilities = await outputOf(path, 'probabilities');
  const { temperature } = variants[variant]!.calibration!;
  expect(temperature).not.toBe(1);
  expect(logits).toHaveLength(COUNT * labels.length);
  logits.forEach((logit, i) => expect(Math.abs(logit - expected[i])).toBeLessThan(1e-3));
  for (let i = 0; i < logits.length; i += labels.length) {
    const theirs = softmax(expected.subarray(i, i + labels.length), temperature);
    theirs.forEach((probability, c) => expect(Math.abs(probabilities[i + c] - probability)).toBeLessThan(1e-4));
  }
});

it('gives probabilities where nothing was calibrated', async () => {
  const plain = triton.files({ manifest: pkg.manifest, float32: { ...pkg.float32!, temperature: 1 } });
  expect([...plain.keys()]).toEqual(['config.pbtxt', 'labels.txt', '1/model.onnx'].map((path) => `fashion-mnist/${path}`));
  const model = plain.get('fashion-mnist/1/model.onnx') as Uint8Array;
  const session = await openOnnx({ model, input: 'pixels', output: 'probabilities', layout: 'nhwc', inputType: 'uint8' }, 1);
  const probabilities = await session.run(Float32Array.from(colours), COUNT, { ...preprocessing, channels: 3 });
  await session.dispose();
  const logits = await outputOf('fashion-mnist/1/model.onnx', 'logits');
  softmax(logits.subarray(0, 10), 1).forEach((value, c) => expect(Math.abs(probabilities[c] - value)).toBeLessThan(1e-5));
});

it('describes the tensors in the fields of inference.ModelConfig', () => {
  const sized = triton.files(withManifest({ preprocessing: { ...preprocessing, width: 30 }, labels: ['a', 'b', 'c'] }));
  expect(sized.get('fashion-mnist-int8/labels.txt')).toBe('a\nb\nc\n');
  expect(sized.get('fashion-mnist/config.pbtxt')).toBe(`backend: "onnxruntime"
max_batch_size: 64
input [
  {
    name: "pixels"
    data_type: TYPE_UINT8
    format: FORMAT_NHWC
    dims: [ 28, 30, 3 ]
  }
]
output [
  {
    name: "probabilities"
    data_type: TYPE_FP32
    dims: [ 3 ]
    label_filename: "labels.txt"
  },
  {
    name: "logits"
    data_type: TYPE_FP32
    dims: [ 3 ]
    label_filename: "labels.txt"
  }
]
dynamic_batching { }
`);
});

it('refuses labels of several lines, and a package without either file', () => {
  expect(() => triton.files(withManifest({ labels: ['a', 'b\nc'] }))).toThrow('fashion-mnist has the label "b\\nc"');
  expect(() => triton.files({ manifest: pkg.manifest })).toThrow('fashion-mnist has neither an ONNX file nor an integer variant');
});

it('says in the card which pixels to send, and what was measured', () => {
  const card = triton.card(withManifest({ preprocessing: { ...preprocessing, cropRatio: 0.875 } }), files, [
    { path: 'fashion-mnist/1/model.onnx', accuracy: { top1: 0.5, top5: 1, count: 8 }, agreement: 0.75 },
  ]);
  expect(card).toContain('ImageOps.fit(image, (28, 28), Image.BILINEAR, bleed=0.0625)');
  expect(card).toContain('| `fashion-mnist/1/model.onnx` | 50.00 % | 100.00 % | 75.00 % |');
  const stretched = triton.card(withManifest({ preprocessing: { ...preprocessing, fit: 'stretch' } }), files, []);
  expect(stretched).toContain('image.resize((28, 28), Image.BILINEAR)');
  expect(stretched).toContain('These files were not measured');
});
