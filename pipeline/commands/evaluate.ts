/** `npm run evaluate`: the accuracy of a package or a checkpoint on a test set. */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPackage, type VariantName } from '@sld-edge/runtime';
import { percent } from '../console/progress.ts';
import { freeze } from '../networks/freeze.ts';
import { configure, type Configuration } from '../presets/index.ts';
import { loadTeacher } from '../teachers/teacher.ts';
import { openRunData } from '../training/data.ts';
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
  const made = pkg.manifest.provenance.configuration as Configuration;
  const data = await openRunData(configure({ data: (values.data as string) ?? made.data }), say);
  const logits = await wasmLogits({ modelJson: pkg.modelJson, weights: pkg.weights, preprocessing: pkg.manifest.preprocessing, pixels: data.test.pixels });
  return { logits, labels: data.test.labels, classes: pkg.manifest.labels.length, backend: 'wasm' };
}

async function checkpointLogits(spec: string, values: FlagValues) {
  if (spec.endsWith('.json') || (existsSync(spec) && readFileSync(spec).length === 0)) throw new UsageError(`${spec} is neither a package's folder nor a checkpoint`);
  const data = await openRunData(configure({ data: (values.data as string) ?? 'fashion-mnist' }), say);
  const { network, state } = loadTeacher(spec, data);
  const engine = await startEngine((values.backend as string) ?? 'auto');
  const logits = frozenLogits(engine.tf, freeze(network, state), data.test, data.normalise);
  return { logits, labels: data.test.labels, classes: network.classes, backend: engine.name };
}
