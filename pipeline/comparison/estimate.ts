/** Estimates the time of a grid: a few batches of each method are trained in a folder that is thrown away. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageRange } from '../data/sets/image-set.ts';
import { freeze } from '../networks/freeze.ts';
import type { RunData } from '../data/run-data.ts';
import { frozenLogits } from '../evaluation/network-logits.ts';
import { distillerOf } from '../distillers/settings.ts';
import { epochSeconds } from '../training/estimate/training-time.ts';
import { runTraining } from '../training/run.ts';
import type { CellContext } from './run-cell.ts';
import { teacherOf, type InspectedCell } from './run-grid.ts';

/** Number of batches in each of two short epochs. The second is timed: threads and kernels are warm then. */
const TIMED_BATCHES = 6;
const TIMED_IMAGES = 500;

export interface Estimate {
  methods: { label: string; secondsPerEpoch: number }[];
  secondsLeft: number;
}

/** Estimates a grid's time; only methods with trainings left are timed. */
export async function estimateGrid(inspected: readonly InspectedCell[], context: CellContext): Promise<Estimate> {
  const left = inspected.flatMap(({ cell, state }) => {
    const done =
      state.kind === 'finished' || state.kind === 'diverged' ? cell.configuration.epochs : state.kind === 'started' ? state.epochsDone : 0;
    return done < cell.configuration.epochs ? [{ cell, epochs: cell.configuration.epochs - done }] : [];
  });
  const methods: Estimate['methods'] = [];
  for (const { cell } of left) {
    if (!methods.some(({ label }) => label === cell.label))
      methods.push({ label: cell.label, secondsPerEpoch: await secondsPerEpoch(cell, context) });
  }
  const secondsLeft = left.reduce(
    (sum, { cell, epochs }) => sum + epochs * methods.find(({ label }) => label === cell.label)!.secondsPerEpoch,
    0,
  );
  return { methods, secondsLeft };
}

async function secondsPerEpoch(cell: InspectedCell['cell'], context: CellContext): Promise<number> {
  const { engine } = context;
  const { unlabelled, ...data } = context.data;
  const folder = mkdtempSync(join(tmpdir(), 'sld-edge-estimate-'));
  try {
    const batchSize = Math.min(cell.configuration.batchSize, data.train.count);
    const few = imageRange(data.train, 0, Math.min(data.train.count, TIMED_BATCHES * batchSize));
    const measured = imageRange(data.validation, 0, Math.min(data.validation.count, TIMED_IMAGES));
    const short: RunData = { ...data, train: few, trainingProbe: measured, validation: measured };
    const configuration = { ...cell.configuration, epochs: 2, warmupEpochs: 0 };
    const silent = { update: () => {}, done: () => {} };
    const { network, state, history } = await runTraining({
      configuration,
      engine,
      data: short,
      teacher: teacherOf(cell, context)?.teacher,
      folder: join(folder, 'run'),
      resume: false,
      restart: true,
      say: () => {},
      progress: silent,
    });
    const { views, needsTeacher } = distillerOf(configuration);
    const seen = Math.floor(few.count / batchSize) * batchSize * views.length;
    const began = performance.now();
    await frozenLogits(engine.tf, freeze(network, state), measured, data.normalise);
    const secondsPerMeasured = (performance.now() - began) / 1000 / measured.count;
    const trained = data.train.count + (needsTeacher && unlabelled ? unlabelled.count : 0);
    const work = { trained, batchSize, views: views.length, measured: data.validation.count + data.trainingProbe.count };
    return epochSeconds(work, { secondsPerView: history[1].seconds / seen, secondsPerMeasured });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
