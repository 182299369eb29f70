/**
 * `npm run bench:memory`: memory and time of trainings beside what a run estimates of them before it trains, each in a process of its own.
 */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { jsonSetting, type Line } from '../pipeline/configuration/command-line.ts';
import type { SettingTable } from '../pipeline/support/setting.ts';
import { oneName, someNames, whole } from '../pipeline/support/value.ts';
import { engineNames } from '../pipeline/engines/engine.ts';
import { createProgress } from '../pipeline/support/progress.ts';
import { textTable } from '../pipeline/support/text-table.ts';
import { benchSetting, runBench } from './command.ts';
import { cases, type TrainingCase } from './training/cases.ts';
import { realTraining } from './training/real-training-process.ts';

const photographs: TrainingCase = {
  name: 'sld-photographs-224',
  teacher: 'efficientnet_lite2',
  student: 'efficientnet_lite0',
  folded: true,
  input: { height: 224, width: 224, channels: 3 },
  classes: 12,
  batchSize: 16,
};

interface MemoryCase {
  name: string;
  measured: TrainingCase;
  microBatch: number;
  steps: number;
}

const small = (name: string): MemoryCase => ({ name, measured: cases.find((one) => one.name === name)!, microBatch: 0, steps: 10 });

const memoryCases: readonly MemoryCase[] = [
  small('sld-resnet20-resnet8'),
  small('sld-resnet56-resnet20'),
  { ...small('fine-tuning-224'), steps: 4 },
  { name: 'sld-photographs-224', measured: photographs, microBatch: 0, steps: 3 },
  { name: 'sld-photographs-224-parts', measured: photographs, microBatch: 2, steps: 3 },
];
const names = memoryCases.map(({ name }) => name);

const settings = {
  cases: { ...benchSetting, ...someNames(names, names), help: 'which trainings' },
  replicas: { ...benchSetting, ...whole(2, { from: 1 }), help: 'replicas of the trainer, as in a run' },
  engine: { ...benchSetting, ...oneName('tensorflow', engineNames), help: 'which engine trains' },
  ...jsonSetting,
} as const satisfies SettingTable;

/** Largest error of an estimate that is promised, relative to what was measured. */
const TOLERANCE = 0.25;

async function run({ values }: Line<typeof settings>): Promise<boolean> {
  const { replicas, engine } = values;
  const progress = createProgress('bench');
  const results = [];
  for (const { name, measured, microBatch, steps } of memoryCases.filter(({ name }) => values.cases.includes(name))) {
    const warmUpSteps = 3;
    const sgd = { momentum: 0.9, weightDecay: 5e-4, nesterov: false };
    const found = await realTraining({ measured, engine, sgd, learningRate: 1e-3, warmUpSteps, steps, replicas, microBatch }, (done) =>
      progress.update(done / (warmUpSteps + steps), name),
    );
    const secondsPerStep = measured.batchSize / found.imagesPerSecond;
    const memory = { estimatedBytes: Math.round(found.estimated.peakBytes), peakBytes: found.peakBytes };
    const time = { estimatedSecondsPerStep: found.estimated.secondsPerStep, secondsPerStep };
    const ratios = { memory: memory.estimatedBytes / memory.peakBytes, time: time.estimatedSecondsPerStep / time.secondsPerStep };
    results.push({ name, batchSize: measured.batchSize, microBatch, replicas, ...memory, ...time, ratios });
    progress.done(`${name}: memory estimated / measured ${ratios.memory.toFixed(2)}, time ${ratios.time.toFixed(2)}`);
  }
  const machine = { processor: cpus()[0].model, cores: availableParallelism(), memoryBytes: totalmem() };
  if (values.json) process.stdout.write(`${JSON.stringify({ machine, tolerance: TOLERANCE, results }, null, 2)}\n`);
  else
    process.stdout.write(
      `${textTable(
        ['training', 'memory estimated, GB', 'measured', 'step estimated, s', 'measured'],
        results.map((one) => [
          one.name,
          (one.estimatedBytes / 1e9).toFixed(2),
          (one.peakBytes / 1e9).toFixed(2),
          one.estimatedSecondsPerStep.toFixed(3),
          one.secondsPerStep.toFixed(3),
        ]),
      )}\n`,
    );
  // Other work on the machine changes times, not memory.
  return results.every(({ ratios }) => Math.abs(ratios.memory - 1) <= TOLERANCE);
}

await runBench({
  name: 'bench:memory',
  summary: 'Measures memory and time of trainings beside what a run estimates of them.',
  settings,
  run,
});
