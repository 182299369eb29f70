/** A plan's steps as work that threads share: rows of a step, steps that don't depend on each other. */
import type { KernelName, KernelSet } from '../kernels/module.ts';
import type { Step } from '../plan/planner.ts';

/** One call of a kernel. */
export interface Task {
  kernel: KernelName;
  parameters: number;
  from: number;
  to: number;
}

/** Tasks in any order, by all threads; or in this order, by the first thread alone. */
export interface ScheduledStage {
  shared: boolean;
  tasks: Task[];
}

/** A step and the address of its parameters. */
export interface PlacedStep extends Step {
  address: number;
}

/** Tasks of a shared stage for each thread, so that one that is held up is helped out. */
const TASKS_A_THREAD = 4;

/**
 * Multiply-adds of a stage from which on it is shared: less takes one thread no longer than all to meet. Measured by
 * `bench:integer -- --threads 2`.
 */
export const LEAST_WORK = 200_000;

/** @param leastWork of a stage that is shared, in multiply-adds of a dense convolution */
export function scheduleOf(steps: readonly PlacedStep[], set: KernelSet, threads: number, leastWork = LEAST_WORK): ScheduledStage[] {
  const stages: ScheduledStage[] = [];
  for (let at = 0; at < steps.length;) {
    const { stage } = steps[at];
    const own = [];
    while (steps[at]?.stage === stage) own.push(steps[at++]);
    const works = own.map((step) => workOf(step, set));
    const work = works.reduce((sum, each) => sum + each, 0);
    const shared = work >= leastWork;
    const tasks = own.flatMap((step, i) => tasksOf(step, shared ? Math.ceil((threads * TASKS_A_THREAD * works[i]) / work) : 1));
    const last = stages.at(-1);
    if (!shared && last?.shared === false) last.tasks.push(...tasks);
    else stages.push({ shared: shared && tasks.length > 1, tasks });
  }
  return stages;
}

/** Bands of rows, at least `parts` of them where there are so many rows. */
function tasksOf({ kernel, address, rows, band }: PlacedStep, parts: number): Task[] {
  const height = Math.min(band, Math.ceil(rows / Math.max(1, parts)));
  return Array.from({ length: Math.ceil(rows / height) }, (_, i) => ({
    kernel,
    parameters: address,
    from: i * height,
    to: Math.min(rows, (i + 1) * height),
  }));
}

/** Multiply-adds of a dense convolution that take about as long as a step. */
function workOf({ kernel, rows, parameters }: Step, { channels }: KernelSet): number {
  const field = (name: string): number => (parameters[name] as number | undefined) ?? 1;
  const values = rows * field('columns') * (parameters.blocks === undefined ? field('channels') : 8 * field('blocks'));
  switch (kernel) {
    case 'convolution':
    case 'convolutionSum':
    case 'pixelConvolution':
    case 'logits':
      return values * field('kernelRows') * field('runs') * field('chunks') * channels;
    case 'depthwise':
    case 'depthwise3':
      return values * field('pairs') * 2 * DEPTHWISE;
    case 'mean':
      return values * field('kernelRows') * field('kernelColumns') * VECTOR;
    case 'largest':
      return values * field('kernel') ** 2 * VECTOR;
    case 'add':
    case 'multiply':
      return values * VECTOR;
    case 'input':
    case 'table':
    case 'copy':
      return values * ONE_BY_ONE;
    case 'fill':
      return rows * field('words') * VECTOR;
  }
}

/** Multiply-adds of a dense convolution in the time of a multiply-add of a depthwise one, of a value of eight at once, of one alone. */
const [DEPTHWISE, VECTOR, ONE_BY_ONE] = [5, 10, 60];
