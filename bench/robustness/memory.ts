/**
 * `npm run check:memory`: does a training keep to its memory? Trains 1,000 steps in a process of its own for each engine
 * and reports what is held on the way. Tensors and the engine's bytes must be the same at every look; the process's
 * memory is reported beside them, for it depends on the garbage collector's mood.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createRandom } from '../../pipeline/augmentation/index.ts';
import { startEngine } from '../../pipeline/commands/start-engine.ts';
import { createDistiller } from '../../pipeline/distillers/index.ts';
import { freeze } from '../../pipeline/networks/freeze.ts';
import { buildNetwork } from '../../pipeline/networks/index.ts';
import { initialState } from '../../pipeline/networks/state.ts';
import { networkHandle } from '../../pipeline/teachers/handle.ts';
import { tinyRunData } from '../../pipeline/testing/tiny-data.ts';
import { train } from '../../pipeline/training/train.ts';

interface Look {
  step: number;
  tensors: number;
  /** Of tensors, as the engine counts them. */
  tensorBytes: number;
  /** Resident, of the whole process with its worker. */
  residentBytes: number;
}

const STEPS_PER_EPOCH = 50;

/** SLD with a teacher in a worker, on small images: every kind of tensor that a training makes, in little time. */
async function measure(name: string, steps: number, looks: readonly number[]): Promise<Look[]> {
  const engine = await startEngine(name, 1);
  const data = tinyRunData({ counts: { train: 4 * STEPS_PER_EPOCH, validation: 12, test: 12 } });
  const network = buildNetwork('resnet8', { inputShape: data.inputShape, classes: data.labels.length });
  const epochs = Math.ceil(steps / STEPS_PER_EPOCH);
  const found: Look[] = [];
  await train(
    {
      engine,
      network,
      initial: initialState(network, createRandom(1)),
      distiller: createDistiller('sld', { epochs }),
      teacher: networkHandle(freeze(network, initialState(network, createRandom(2))), data.preprocessing),
      train: data.train,
      validation: data.validation,
      trainingProbe: data.validation,
      preprocessing: data.preprocessing,
      normalise: data.normalise,
      recipe: { epochs, batchSize: 4, learningRate: 0.01, warmupEpochs: 0, schedule: { kind: 'cosine' }, optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 5e-4, nesterov: false } },
      seed: 5,
      workers: 1,
    },
    {
      onStep({ epoch, step }) {
        const total = (epoch - 1) * STEPS_PER_EPOCH + step;
        if (!looks.includes(total)) return;
        const { numTensors, numBytes } = engine.tf.memory();
        found.push({ step: total, tensors: numTensors, tensorBytes: numBytes, residentBytes: process.memoryUsage.rss() });
      },
    },
  );
  return found;
}

const { values } = parseArgs({
  options: { engines: { type: 'string', default: 'tensorflow,wasm' }, steps: { type: 'string', default: '1000' }, engine: { type: 'string' }, json: { type: 'boolean', default: false } },
});
const steps = Number(values.steps);
if (!Number.isInteger(steps) || steps < 10) {
  console.error(`error: --steps expects a whole number from 10, got "${values.steps}"`);
  process.exit(2);
}

if (values.engine) {
  // The child: one engine a process, so that their memory does not mix.
  process.send!(await measure(values.engine, steps, [steps / 10, steps / 2, steps].map(Math.round)));
  process.disconnect();
} else {
  const results: Record<string, Look[]> = {};
  let flat = true;
  for (const engine of values.engines.split(',')) {
    const child = fork(fileURLToPath(import.meta.url), ['--engine', engine, '--steps', values.steps], { execArgv: process.execArgv });
    results[engine] = await new Promise<Look[]>((resolve, reject) => {
      child.once('message', (looks) => resolve(looks as Look[]));
      child.once('exit', (status) => reject(new Error(`the training on ${engine} ended with status ${status}`)));
    });
    const same = new Set(results[engine].map(({ tensors, tensorBytes }) => `${tensors}/${tensorBytes}`)).size === 1;
    flat &&= same;
    for (const { step, tensors, tensorBytes, residentBytes } of results[engine]) console.error(`${engine}, step ${step}: ${tensors} tensors, ${(tensorBytes / 1e6).toFixed(3)} MB in them, ${Math.round(residentBytes / 1e6)} MB resident`);
    console.error(`${engine}: ${same ? 'tensors and their bytes are flat' : 'FAIL: tensors or their bytes grow'}`);
  }
  if (values.json) console.log(JSON.stringify({ node: process.version, results, flat }));
  process.exit(flat ? 0 : 1);
}
