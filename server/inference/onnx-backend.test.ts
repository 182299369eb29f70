import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { gradientImage } from '@sld-edge/runtime/testing';
import { writeModelsFolder } from '../testing/models-folder.ts';
import { readSetup } from '../testing/test-server.ts';
import { createImageClassifiers, type ImageClassifiers } from './image-classifiers.ts';
import { createOnnxBackend } from './onnx-backend.ts';
import type { Float32Backend } from '../configuration/settings.ts';

const MODELS_DIR = fileURLToPath(new URL('../../models', import.meta.url));
const silent = { onOpened: () => undefined, onClosed: () => undefined, onDemotion: () => undefined, onThreadLost: () => undefined };
const opened: ImageClassifiers[] = [];
afterEach(() => {
  for (const classifiers of opened.splice(0)) classifiers.dispose();
});

async function classify(modelsDir: string, name: string, float32Backend: Float32Backend) {
  const setup = await readSetup(modelsDir);
  const [{ name: model, version }] = setup.packages.filter((entry) => entry.name === name);
  const classifiers = await createImageClassifiers(
    { ...setup, float32Backend, packages: setup.packages.filter((entry) => entry.name === name) },
    silent,
  );
  opened.push(classifiers);
  const bytes = await gradientImage(40, 30).png().toBuffer();
  return classifiers.classify({ bytes, model, version, variant: 'float32', topK: 3 });
}

it("computes float32 by the package's ONNX model, says so, and answers as TensorFlow.js does", async () => {
  const onnx = await classify(MODELS_DIR, 'fashion-mnist', 'onnx');
  const tfjs = await classify(MODELS_DIR, 'fashion-mnist', 'tfjs-wasm');
  expect([onnx.backend, tfjs.backend]).toEqual(['onnx', 'tfjs-wasm']);
  expect(onnx.predictions.map(({ label }) => label)).toEqual(tfjs.predictions.map(({ label }) => label));
  onnx.predictions.forEach(({ probability }, i) => expect(probability).toBeCloseTo(tfjs.predictions[i].probability, 4));
});

it('refuses a package without an ONNX model, and one whose model is none', async () => {
  const [without, broken] = [await writeModelsFolder(), await writeModelsFolder({ everyKind: true })];
  await expect(classify(without.dir, 'shapes', 'onnx')).rejects.toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
    message: 'The backend "onnx" cannot be used: shapes@0123456789ab has no ONNX model, which FLOAT32_BACKEND asks for.',
  });
  await expect(classify(broken.dir, 'shapes', 'onnx')).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  for (const folder of [without, broken]) folder.remove();
});

it('gives ONNX Runtime the channels of an image one behind another', async () => {
  // ONNX IR 8, opset 17: y = Flatten(x) of x [1, 3, 1, 2].
  const model = Uint8Array.from(
    Buffer.from('CAg6RgoPCgF4EgF5IgdGbGF0dGVuEgFnWhsKAXgSFgoUCAESEAoCCAEKAggDCgIIAQoCCAJiEwoBeRIOCgwIARIICgIIAQoCCAZCAhAR', 'base64'),
  );
  const backend = createOnnxBackend(() => Promise.resolve(model));
  await backend.init();
  expect(backend.description()).toMatch(/^ONNX Runtime \d/);
  const graph = await backend.loadGraph!({}, new ArrayBuffer(0));
  expect(await graph.execute(Float32Array.of(1, 2, 3, 4, 5, 6), [1, 1, 2, 3])).toEqual(Float32Array.of(1, 4, 2, 5, 3, 6));
  graph.dispose();
});
