/**
 * Breaks a step's time down: every call into native TensorFlow is timed and put under a heading by its op and by the part of the step that
 * made it. Runs apart from the timed comparison, because the clock readings cost a little, and without the engine's repetition of steps
 * (`Engine.trace`), which no part of the step can be told from; how long a step takes with it is measured after. The difference to the
 * native calls is JavaScript.
 */
import type { Engine } from '../../pipeline/engines/index.ts';
import type { SgdOptions } from '../../pipeline/training/optimizers/sgd.ts';
import { createOurSide, type OurSide, type StepPieces } from './our-side.ts';
import type { Sample } from './sample.ts';

export const headings = [
  'conv forward',
  'conv input gradient',
  'conv filter gradient',
  'batch norm',
  'relu',
  'teacher',
  'loss',
  'optimizer',
  'running statistics',
  'pool, linear, sums',
  'upload',
  'read',
  'free',
  'JavaScript',
] as const;
export type Heading = (typeof headings)[number];

export interface Breakdown {
  /** Milliseconds of a step, mean; they add up to `totalMs`. */
  ms: Record<Heading, number>;
  totalMs: number;
  /** Native ops executed in a step. */
  ops: number;
}

const headingOfOp: Record<string, Heading> = {
  Conv2D: 'conv forward',
  Conv2DBackpropInput: 'conv input gradient',
  Conv2DBackpropFilter: 'conv filter gradient',
  FusedBatchNormV3: 'batch norm',
  FusedBatchNormGradV3: 'batch norm',
  Relu: 'relu',
  ReluGrad: 'relu',
};

/** The parts of tfjs-node's backend that we use. */
interface NativeBackend {
  binding: {
    executeOp(name: string, ...rest: unknown[]): unknown;
    createTensor(...args: unknown[]): unknown;
    tensorDataSync(...args: unknown[]): unknown;
    deleteTensor(...args: unknown[]): unknown;
  };
}

/** @returns undefined on an engine without native ops to time */
export async function measureBreakdown(
  engine: Engine,
  sample: Sample,
  options: SgdOptions,
  learningRate: number,
  warmUpSteps: number,
  steps: number,
): Promise<Breakdown | undefined> {
  if (engine.name !== 'tensorflow') return undefined;
  const backend = engine.tf.backend() as unknown as NativeBackend;
  const { binding } = backend;
  const ms = Object.fromEntries(headings.map((heading) => [heading, 0])) as Record<Heading, number>;
  let ops = 0;
  /** The part of the step that is running, where it decides the heading. */
  let part: Heading | undefined;

  /** True while a call is timed: of nested calls the outermost counts. */
  let timing = false;
  function timed<T>(heading: Heading, call: () => T): T {
    if (timing) return call();
    timing = true;
    const began = performance.now();
    const result = call();
    ms[heading] += performance.now() - began;
    timing = false;
    return result;
  }

  /** @param whole its JavaScript too */
  function during<A extends unknown[], R>(heading: Heading, call: (...args: A) => R, whole = false): (...args: A) => R {
    return (...args) => {
      part = heading;
      const result = whole ? timed(heading, () => call(...args)) : call(...args);
      part = undefined;
      return result;
    };
  }

  const overrides: NativeBackend['binding'] = {
    executeOp(name, ...rest) {
      ops++;
      // The loss's gradient runs on after the losses are computed, until it reaches the network's last layer.
      if (part === 'loss' && name.includes('MatMul')) part = undefined;
      return timed(part ?? headingOfOp[name.replace(/^_MklNative/, '')] ?? 'pool, linear, sums', () => binding.executeOp(name, ...rest));
    },
    createTensor: (...args) => timed('upload', () => binding.createTensor(...args)),
    tensorDataSync: (...args) => timed('read', () => binding.tensorDataSync(...args)),
    deleteTensor: (...args) => timed('free', () => binding.deleteTensor(...args)),
  };
  // The native functions are read-only properties: they can be covered, not assigned.
  const timedBinding = Object.create(binding, Object.getOwnPropertyDescriptors(overrides)) as NativeBackend['binding'];

  const observe = ({ device, optimizer, distiller, teacher }: StepPieces): StepPieces => ({
    device: { ...device, updateRunningStatistics: during('running statistics', device.updateRunningStatistics, true) },
    optimizer: { ...optimizer, apply: during('optimizer', optimizer.apply, true) },
    distiller: {
      ...distiller,
      losses(...args) {
        part = 'loss';
        return distiller.losses(...args);
      },
    },
    ...(teacher && { teacher: { ...teacher, logits: during('teacher', teacher.logits) } }),
  });

  const side = createOurSide({ ...engine, trace: undefined }, sample, options, observe);
  try {
    backend.binding = timedBinding;
    await meanMs(side, warmUpSteps, learningRate);
    for (const heading of headings) ms[heading] = 0;
    ops = 0;
    await meanMs(side, steps, learningRate);
    let nativeMs = 0;
    for (const heading of headings) nativeMs += ms[heading] /= steps;
    backend.binding = binding;
    const totalMs = await repeatedMs(engine, sample, options, learningRate, warmUpSteps, steps);
    ms.JavaScript = totalMs - nativeMs;
    return { ms, totalMs, ops: ops / steps };
  } finally {
    backend.binding = binding;
    side.dispose();
  }
}

/** Measures the time of a step as training makes it, in ms. */
async function repeatedMs(
  engine: Engine,
  sample: Sample,
  options: SgdOptions,
  learningRate: number,
  warmUpSteps: number,
  steps: number,
): Promise<number> {
  const side = createOurSide(engine, sample, options);
  try {
    await meanMs(side, warmUpSteps, learningRate);
    return await meanMs(side, steps, learningRate);
  } finally {
    side.dispose();
  }
}

async function meanMs(side: OurSide, steps: number, learningRate: number): Promise<number> {
  const began = performance.now();
  for (let i = 0; i < steps; i++) await side.step(learningRate);
  return (performance.now() - began) / steps;
}
