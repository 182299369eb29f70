/** Locates where a training diverged, by repeating it from the last good epoch up to the step that failed. */
import type { Engine } from '../engines/engine.ts';
import { batchLabels } from './batch-labels.ts';
import type { DeviceState } from './device-state.ts';
import { ALL_FINITE, diagnoseStep } from './diagnose-divergence.ts';
import { partSize, partsOf } from './micro-batches.ts';
import { shareStart } from './replica.ts';
import type { StepBatch } from './step.ts';
import { DivergenceError, train } from './train.ts';
import { viewsOf, type Training } from './training.ts';
import { openViewMaker } from './views/view-maker.ts';

/**
 * Names the layer. Updates have spread the damage by the time that a loss is read, so every layer is looked at in the step itself.
 * @param training its start is the last good epoch's state
 * @returns half a sentence (`diagnoseStep`)
 */
export async function findDivergedLayer(training: Training, engine: Engine, at: NonNullable<DivergenceError['at']>): Promise<string> {
  const found = new Error();
  let finding = 'the layer was not found: the same epoch did not fail again';
  try {
    await train(training, engine, {
      async beforeStep({ device, batch, indices, epoch, stepOfEpoch }) {
        if (epoch !== at.epoch || stepOfEpoch !== at.step) return;
        finding = await firstFinding(training, engine, device, [batch, ...(await otherShares(training, engine, batch, indices))]);
        throw found;
      },
    });
  } catch (error) {
    if (error !== found && !(error instanceof DivergenceError)) throw error;
  }
  return finding;
}

/** The first share in which something broke is what is said. */
async function firstFinding(training: Training, engine: Engine, device: DeviceState, shares: readonly StepBatch[]): Promise<string> {
  const { views, recipe } = training;
  const findings: string[] = [];
  for (const [rank, share] of shares.entries())
    for (const part of partsOf(share, views.length, partSize(share.labels.length, recipe.microBatch)))
      findings.push(`${await diagnoseStep(training, engine, device, part)}${rank > 0 ? ` (in the share of replica ${rank})` : ''}`);
  return findings.find((finding) => !finding.startsWith(ALL_FINITE)) ?? findings[0];
}

/** Batches that the other replicas compute in the same step, made here. */
async function otherShares(training: Training, engine: Engine, batch: StepBatch, indices: Uint32Array): Promise<StepBatch[]> {
  const { replicas } = training;
  const shares: StepBatch[] = [];
  if (replicas === 1) return shares;
  const maker = await openViewMaker(viewsOf(training), engine);
  try {
    for (let rank = 1; rank < replicas; rank++) {
      const share = indices.subarray(shareStart(indices.length, rank, replicas), shareStart(indices.length, rank + 1, replicas));
      shares.push({
        ...batch,
        ...(await maker.make({ epoch: batch.epoch, indices: share })),
        ...batchLabels(training, batch.epoch, share),
        rank,
      });
    }
  } finally {
    await maker.close();
  }
  return shares;
}
