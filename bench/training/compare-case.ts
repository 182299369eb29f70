/** One case: both sides start from the same weights and batch, are compared with each other, then timed in turns. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from '../../pipeline/engines/index.ts';
import { trainableCount } from '../../pipeline/networks/state.ts';
import { writeFileAtomic } from '../../pipeline/support/atomic-write.ts';
import { writeSafetensors } from '../../pipeline/weights/safetensors.ts';
import type { SgdOptions } from '../../pipeline/training/optimizers/sgd.ts';
import type { Peer } from '../pytorch/peer.ts';
import { measureBreakdown, type Breakdown } from './breakdown.ts';
import type { Effort, TrainingCase } from './cases.ts';
import { measureConvolutionPeak, type ConvolutionPeak } from './convolution-peak.ts';
import { createFeatureSide, createOurSide } from './our-side.ts';
import { realTraining } from './real-training-process.ts';
import { makeSample, type Sample } from './sample.ts';
import { relativeError, quartiles, type Quartiles } from './statistics.ts';

export interface RealComparison {
  replicas: number;
  /** Labelled images a second, over the turns. */
  imagesPerSecond: Quartiles;
  /** Ours / PyTorch in images a second: of each turn and PyTorch's turns before and after it. */
  ratio: Quartiles;
  /** Processor time of a step, all threads. */
  cpuMsPerStep: Quartiles;
  /** Processor time of its processes. */
  cpuSeconds: number;
}

export interface CaseComparison {
  name: string;
  parameters: number;
  batchSize: number;
  views: number;
  effort: Effort;
  agreement: Agreement;
  /** Milliseconds of a step, over all timed steps. */
  oursMs: Quartiles;
  pytorchMs: Quartiles;
  /** Labelled images a second, from the medians. */
  oursImagesPerSecond: number;
  pytorchImagesPerSecond: number;
  /** Ours / PyTorch in images a second: of the pairs of neighbouring turns. */
  ratio: Quartiles;
  bar?: number;
  /** Absent where nothing is trained. */
  peak?: ConvolutionPeak;
  breakdown?: Breakdown;
  realTraining?: RealComparison;
}

export interface Agreement {
  /** Losses by name before the first update, and the largest relative error among them. */
  ours: Record<string, number>;
  pytorch: Record<string, number>;
  error: number;
  /** The same error before each of the next updates: gradients and the optimizer agree too. */
  laterErrors: number[];
}

/** The published recipe's, as in the default run. */
const SGD: SgdOptions = { momentum: 0.9, weightDecay: 5e-4, nesterov: false };
/** Small: the batch repeats and its labels are noise; the time of a step does not depend on it. */
const LEARNING_RATE = 1e-3;
const TOLERANCE = 1e-4;
/** Rounding differences grow with each update. */
const LATER_TOLERANCE = 1e-3;
const AGREEMENT_STEPS = 4;
const WARM_UP_STEPS = 3;
/** Lets the other side's idle threads fall asleep. */
const PAUSE_MS = 100;

/** @throws Error if the two sides' losses differ: figures of unequal work would mean nothing. */
export async function compareCase(
  engine: Engine,
  peer: Peer,
  measured: TrainingCase,
  effort: Effort,
  replicas: number,
  folder: string,
  onProgress: (fraction: number, text: string) => void,
): Promise<CaseComparison> {
  const sample = makeSample(measured);
  const parameters = trainableCount(sample.network);
  const opened = await peer.open({ ...writeSample(folder, measured, sample), sgd: { ...SGD } });
  if (opened.parameters !== parameters)
    throw new Error(`${measured.name}: PyTorch's network has ${opened.parameters} parameters, ours ${parameters}`);

  const turnsShare = 0.8;
  const ours = measured.features ? createFeatureSide(engine, sample) : createOurSide(engine, sample, SGD);
  const oursMs: number[] = [];
  const pytorchMs: number[] = [];
  const ratios: number[] = [];
  let agreement: Agreement;
  try {
    onProgress(0, 'the same losses on both sides');
    const ourLosses: Record<string, number>[] = [];
    for (let i = 0; i < AGREEMENT_STEPS; i++) ourLosses.push(await ours.step(LEARNING_RATE));
    agreement = agree(measured.name, ourLosses, (await peer.steps(AGREEMENT_STEPS, LEARNING_RATE)).losses);

    async function turn(): Promise<number[]> {
      const ms: number[] = [];
      for (let i = 0; i <= effort.steps; i++) {
        const began = performance.now();
        await ours.step(LEARNING_RATE);
        ms.push(performance.now() - began);
      }
      return ms.slice(1);
    }
    for (let block = 0; block < effort.blocks; block++) {
      await pause(PAUSE_MS);
      const our = await turn();
      await pause(PAUSE_MS);
      const their = (await peer.steps(effort.steps + 1, LEARNING_RATE)).ms.slice(1);
      oursMs.push(...our);
      pytorchMs.push(...their);
      ratios.push(quartiles(their).median / quartiles(our).median);
      onProgress(
        (turnsShare * (block + 1)) / effort.blocks,
        `turn ${block + 1} of ${effort.blocks}, ours / PyTorch ${ratios.at(-1)!.toFixed(2)}`,
      );
    }
  } finally {
    ours.dispose();
  }

  const peak = measured.features ? undefined : measureConvolutionPeak(engine, sample);
  const breakdown =
    effort.profileSteps > 0 && !measured.features
      ? await measureBreakdown(engine, sample, SGD, LEARNING_RATE, WARM_UP_STEPS, effort.profileSteps)
      : undefined;
  const real =
    effort.realSteps > 0 && !measured.features
      ? await compareTrainer(engine, peer, measured, effort, replicas, (fraction, text) =>
          onProgress(turnsShare + (1 - turnsShare) * fraction, text),
        )
      : undefined;
  const rate = (ms: Quartiles): number => (measured.batchSize * 1000) / ms.median;
  return {
    name: measured.name,
    parameters,
    batchSize: measured.batchSize,
    views: sample.distiller.views.length,
    effort,
    agreement,
    oursMs: quartiles(oursMs),
    pytorchMs: quartiles(pytorchMs),
    oursImagesPerSecond: rate(quartiles(oursMs)),
    pytorchImagesPerSecond: rate(quartiles(pytorchMs)),
    ratio: quartiles(ratios),
    ...(measured.bar !== undefined && { bar: measured.bar }),
    ...(peak && { peak }),
    ...(breakdown && { breakdown }),
    ...(real && { realTraining: real }),
  };
}

/** The trainer in processes of their own, PyTorch's turns between them. */
async function compareTrainer(
  engine: Engine,
  peer: Peer,
  measured: TrainingCase,
  { steps: peerSteps, realSteps: steps, realTurns }: Effort,
  replicas: number,
  onProgress: (fraction: number, text: string) => void,
): Promise<RealComparison> {
  const warmUpSteps = Math.min(10, steps);
  const peerRate = async (): Promise<number> => {
    await pause(PAUSE_MS);
    return (measured.batchSize * 1000) / quartiles((await peer.steps(peerSteps + 1, LEARNING_RATE)).ms.slice(1)).median;
  };
  const peerRates = [await peerRate()];
  const rates: number[] = [];
  const cpuMsPerStep: number[] = [];
  let cpuSeconds = 0;
  for (let turn = 0; turn < realTurns; turn++) {
    const trained = await realTraining(
      { measured, engine: engine.name, sgd: SGD, learningRate: LEARNING_RATE, warmUpSteps, steps, replicas },
      (done) =>
        onProgress((turn + done / (steps + warmUpSteps)) / realTurns, `the trainer, ${replicas} replica${replicas === 1 ? '' : 's'}`),
    );
    rates.push(trained.imagesPerSecond);
    cpuMsPerStep.push(trained.cpuMsPerStep);
    cpuSeconds += trained.cpuSeconds;
    peerRates.push(await peerRate());
  }
  return {
    replicas,
    imagesPerSecond: quartiles(rates),
    ratio: quartiles(rates.map((rate, turn) => (2 * rate) / (peerRates[turn] + peerRates[turn + 1]))),
    cpuMsPerStep: quartiles(cpuMsPerStep),
    cpuSeconds,
  };
}

function writeSample(folder: string, { student, teacher, features, input, classes }: TrainingCase, sample: Sample) {
  const path = (name: string): string => join(folder, name);
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array =>
    new Uint8Array(buffer, byteOffset, byteLength);
  writeSafetensors(path('student.safetensors'), sample.state);
  if (sample.teacher) writeSafetensors(path('teacher.safetensors'), sample.teacher.state);
  writeFileAtomic(path('images.f32'), bytes(sample.images));
  writeFileAtomic(path('labels.i32'), bytes(sample.labels));
  return {
    student,
    ...(features && { features }),
    input: [input.height, input.width, input.channels] as [number, number, number],
    classes,
    weights: path('student.safetensors'),
    images: path('images.f32'),
    labels: path('labels.i32'),
    ...(teacher && { teacher, teacherWeights: path('teacher.safetensors') }),
  };
}

function agree(name: string, ours: Record<string, number>[], pytorch: Record<string, number>[]): Agreement {
  const errors = ours.map((losses, step) =>
    Math.max(...Object.keys({ ...losses, ...pytorch[step] }).map((loss) => relativeError(losses[loss], pytorch[step][loss]))),
  );
  const wrong = errors.findIndex((error, step) => !(error <= (step === 0 ? TOLERANCE : LATER_TOLERANCE)));
  if (wrong >= 0) {
    throw new Error(
      `${name}: from the same weights and batch, the losses before update ${wrong + 1} are ${JSON.stringify(ours[wrong])} here and ${JSON.stringify(pytorch[wrong])} in PyTorch; allowed: ${wrong === 0 ? TOLERANCE : LATER_TOLERANCE} relative, came ${errors[wrong].toExponential(1)}`,
    );
  }
  return { ours: ours[0], pytorch: pytorch[0], error: errors[0], laterErrors: errors.slice(1) };
}
