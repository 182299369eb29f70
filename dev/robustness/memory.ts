/**
 * `npm run dev:memory`: does a training keep to its memory? Trains 1,000 steps in a process of its own for each engine
 * and reports what is held on the way. Tensors and the engine's bytes must be the same at every look; the process's
 * memory is reported beside them, for it depends on the garbage collector's mood.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { jsonSetting, type Line } from '../../pipeline/configuration/command-line.ts';
import type { SettingTable } from '../../pipeline/support/setting.ts';
import { UsageError } from '../../pipeline/support/usage-error.ts';
import { oneName, optional, someNames, whole } from '../../pipeline/support/value.ts';
import { engineNames, type EngineName } from '../../pipeline/engines/engine.ts';
import { startEngine } from '../../pipeline/engines/start-engine.ts';
import { computingThreads } from '../../pipeline/training/prepare-run.ts';
import { defaults } from '../../pipeline/configuration/settings.ts';
import { tinyRunData } from '../../pipeline/testing/tiny-data.ts';
import { tinyTraining } from '../../pipeline/testing/tiny-training.ts';
import { replicasOn } from '../../pipeline/training/parallel/team.ts';
import { train } from '../../pipeline/training/train.ts';
import { benchSetting, runBench } from '../../bench/command.ts';

interface Look {
  step: number;
  tensors: number;
  /** Bytes of tensors, as the engine counts them. */
  tensorBytes: number;
  /** Resident, of the whole process with its workers. */
  residentBytes: number;
}

const STEPS_PER_EPOCH = 50;
const BATCH_SIZE = 4;

/** SLD with a teacher in a worker, or in every replica, on small images: every kind of tensor that a training makes, in little time. */
async function measure(name: string, steps: number, replicas: number, looks: readonly number[]): Promise<Look[]> {
  const engine = await startEngine(name, computingThreads({ replicas, workers: 1, batchSize: BATCH_SIZE }, true));
  const found: Look[] = [];
  const training = tinyTraining({
    engine,
    data: tinyRunData({ counts: { train: BATCH_SIZE * STEPS_PER_EPOCH, validation: 12, test: 12 } }),
    recipe: { epochs: Math.ceil(steps / STEPS_PER_EPOCH), batchSize: BATCH_SIZE, learningRate: 0.01, warmupEpochs: 0 },
    replicas: replicasOn(engine.handle, { replicas, batchSize: BATCH_SIZE }),
  });
  await train(training, engine, {
    onStep({ epoch, step }) {
      const total = (epoch - 1) * STEPS_PER_EPOCH + step;
      if (!looks.includes(total)) return;
      const { numTensors, numBytes } = engine.tf.memory();
      found.push({ step: total, tensors: numTensors, tensorBytes: numBytes, residentBytes: process.memoryUsage.rss() });
    },
  });
  return found;
}

const settings = {
  engines: { ...benchSetting, ...someNames<EngineName>(['tensorflow', 'wasm'], engineNames), help: 'which train' },
  steps: { ...benchSetting, ...whole(1000, { from: 10 }), help: 'steps of each training' },
  replicas: { ...benchSetting, ...whole(defaults.replicas, { from: 0 }), help: 'copies of the network; 0: as suits the engine' },
  engine: { ...benchSetting, ...optional(oneName('wasm', engineNames)), help: 'this one in this process, for the process that started it' },
  ...jsonSetting,
} as const satisfies SettingTable;

async function run({ values }: Line<typeof settings>): Promise<boolean> {
  const { steps, replicas } = values;
  if (![0, 1, 2, 4].includes(replicas))
    throw new UsageError(`--replicas expects 0 (as suits the engine), 1, 2 or 4 (a batch has ${BATCH_SIZE} images), got "${replicas}"`);

  if (values.engine) {
    // The child: one engine a process, so that their memory does not mix.
    const looks = await measure(values.engine, steps, replicas, [steps / 10, steps / 2, steps].map(Math.round));
    await new Promise<void>((resolve) => process.send!(looks, undefined, undefined, () => resolve()));
    return true;
  }
  const results: Record<string, Look[]> = {};
  let flat = true;
  for (const engine of values.engines) {
    const child = fork(fileURLToPath(import.meta.url), ['--engine', engine, '--steps', String(steps), '--replicas', String(replicas)], {
      execArgv: process.execArgv,
    });
    results[engine] = await new Promise<Look[]>((resolve, reject) => {
      child.once('message', (looks) => resolve(looks as Look[]));
      child.once('exit', (status) => reject(new Error(`the training on ${engine} ended with status ${status}`)));
    });
    const same = new Set(results[engine].map(({ tensors, tensorBytes }) => `${tensors}/${tensorBytes}`)).size === 1;
    flat &&= same;
    for (const { step, tensors, tensorBytes, residentBytes } of results[engine])
      console.error(
        `${engine}, step ${step}: ${tensors} tensors, ${(tensorBytes / 1e6).toFixed(3)} MB in them, ${Math.round(residentBytes / 1e6)} MB resident`,
      );
    console.error(`${engine}: ${same ? 'tensors and their bytes are flat' : 'FAIL: tensors or their bytes grow'}`);
  }
  if (values.json) console.log(JSON.stringify({ node: process.version, replicas, results, flat }));
  return flat;
}

await runBench({
  name: 'dev:memory',
  summary: 'Does a training keep to its memory? Trains in a process of its own for each engine, and reports what is held.',
  settings,
  run,
});
