/** `npm run evaluate`: the accuracy of a package or a checkpoint on a test set. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPackage, normalise, type Preprocessing, type VariantName } from '@sld-edge/runtime';
import { percent } from '../console/progress.ts';
import { freeze } from '../networks/freeze.ts';
import type { Configuration } from '../presets/index.ts';
import { loadCheckpoint, normalisationOf } from '../teachers/teacher.ts';
import { openTestData, type TestData } from '../training/data.ts';
import { accuracy, frozenLogits } from '../training/evaluate.ts';
import { wasmLogits } from '../verification/wasm-logits.ts';
import { UsageError, type Flags, type FlagValues } from './flags.ts';
import { say } from './run-options.ts';
import { startEngine } from './start-engine.ts';

export const summary = 'Measures top-1 and top-5 of a package (on wasm) or of a checkpoint (on a training engine) on the whole test set.';

export const flags: Flags = {
  model: { type: 'string', help: "a package's folder, a .safetensors checkpoint, or a teacher's name" },
  data: { type: 'string', help: 'the data set, as name or name:path (default: fashion-mnist)' },
  variant: { type: 'string', help: 'of a package: float32 or uint8 (default: the package’s own)' },
  backend: { type: 'string', help: 'package: wasm; checkpoint: auto, tensorflow or wasm' },
};

export async function run(values: FlagValues): Promise<object> {
  if (!values.model) throw new UsageError('evaluate expects --model PACKAGE or CHECKPOINT');
  const model = values.model as string;
  const isPackage = existsSync(join(model, 'manifest.json'));
  const { logits, labels, classes, backend } = isPackage ? await packageLogits(model, values) : await checkpointLogits(model, values);
  const result = { ...accuracy(logits, labels, classes), backend };
  say(`${model}: top-1 ${percent(result.top1)}, top-5 ${percent(result.top5)} of ${result.count} test images on ${backend}`);
  return result;
}

async function packageLogits(folder: string, values: FlagValues) {
  if (values.backend && values.backend !== 'wasm') throw new UsageError(`a package is evaluated on wasm here, got --backend ${values.backend as string}`);
  const pkg = await loadPackage((path) => readFile(join(folder, path)), values.variant ? { variant: values.variant as VariantName } : {});
  const { labels, preprocessing, provenance } = pkg.manifest;
  const data = await openTestData((values.data as string) ?? (provenance.configuration as Configuration).data, 0, say, { imageSize: preprocessing.height === preprocessing.width ? preprocessing.height : 0 });
  if (String(labels) !== String(data.labels)) throw new Error(`${folder} has the labels ${labels.join(', ')}; ${data.name} has ${data.labels.join(', ')}`);
  if (sizeOf(preprocessing) !== sizeOf(data.inputShape)) throw new Error(`${folder} takes images of ${sizeOf(preprocessing)}, ${data.name} has ${sizeOf(data.inputShape)}`);
  const logits = await wasmLogits({ modelJson: pkg.modelJson, weights: pkg.weights, preprocessing, images: data.test.images.handle });
  return { logits, labels: data.test.labels, classes: labels.length, backend: 'wasm' };
}

async function checkpointLogits(spec: string, values: FlagValues) {
  const data = await openTestData((values.data as string) ?? 'fashion-mnist', 0, say);
  const checkpoint = loadCheckpoint(spec, data);
  const preprocessing: Preprocessing = { ...data.inputShape, channels: data.inputShape.channels as 1 | 3, fit: 'cover', filter: 'triangle', ...normalisationOf(checkpoint) };
  const { network, state } = checkpoint;
  const engine = await startEngine((values.backend as string) ?? 'auto');
  const logits = frozenLogits(engine.tf, freeze(network, state), data.test, (pixels) => normalise(pixels, preprocessing));
  return { logits, labels: data.test.labels, classes: network.classes, backend: engine.name };
}

const sizeOf = ({ height, width, channels }: TestData['inputShape']): string => `${width}x${height} pixels of ${channels} channel${channels === 1 ? '' : 's'}`;
