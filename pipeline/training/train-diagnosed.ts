/** The trainer with an answer to the question where it broke, should it diverge. It costs nothing until then. */
import type { NetworkState } from '../networks/state.ts';
import type { DeviceState } from './device-state.ts';
import { ALL_FINITE, diagnoseStep } from './diagnose-divergence.ts';
import { shareStart } from './replica.ts';
import type { StepBatch } from './step.ts';
import { DivergenceError, train, viewDataOf, type EpochState, type TrainingEvents, type TrainingJob } from './train.ts';
import { openViewMaker } from './views/view-maker.ts';

export interface DiagnosedEvents extends TrainingEvents {
  /** Told that the search for the layer begins, which repeats the epoch up to the failing step. */
  onDiverged?(error: DivergenceError): void;
}

/**
 * As `train`, but an epoch that leaves a weight or a running statistic that is not finite is no good end of one: it is not
 * handed to `onEpoch`; and a divergence names the layer. To find it, training goes on from the last good epoch again (updates
 * have spread the damage by the time that a loss is read), to the step that failed, where every layer is looked at.
 * @throws DivergenceError with the step and the layer in its message
 */
export async function trainDiagnosed(job: TrainingJob, { onDiverged, ...events }: DiagnosedEvents = {}): Promise<NetworkState> {
  let good: EpochState | undefined = job.resumeFrom;
  try {
    return await train(job, {
      ...events,
      onEpoch(report, state) {
        const broken = [...state.model].filter(([, { data }]) => !data.every(Number.isFinite)).map(([name]) => name);
        if (broken.length > 0) throw new DivergenceError(`${broken[0]} is not finite after epoch ${report.epoch} (with ${broken.length - 1} of the other ${state.model.size - 1} weights and statistics): training diverged; lower the learning rate (now ${report.learningRate})`);
        good = state;
        events.onEpoch?.(report, state);
      },
    });
  } catch (error) {
    if (!(error instanceof DivergenceError) || !error.at) throw error;
    onDiverged?.(error);
    throw new DivergenceError(`${error.message}; ${await whereIn({ ...job, resumeFrom: good }, error.at)}`, error.at);
  }
}

async function whereIn(job: TrainingJob, at: NonNullable<DivergenceError['at']>): Promise<string> {
  const found = new Error();
  let finding = 'the layer was not found: the same epoch did not fail again';
  try {
    await train(job, {
      async beforeStep({ device, batch, indices, epoch, stepOfEpoch }) {
        if (epoch !== at.epoch || stepOfEpoch !== at.step) return;
        finding = await firstFinding(job, device, [batch, ...(await otherShares(job, batch, indices))]);
        throw found;
      },
    });
  } catch (error) {
    if (error !== found && !(error instanceof DivergenceError)) throw error;
  }
  return finding;
}

/** The first share in which something broke is what is said. */
async function firstFinding(job: TrainingJob, device: DeviceState, shares: readonly StepBatch[]): Promise<string> {
  const findings: string[] = [];
  for (const [rank, share] of shares.entries()) findings.push(`${await diagnoseStep(job, device, share)}${rank > 0 ? ` (in the share of replica ${rank})` : ''}`);
  return findings.find((finding) => !finding.startsWith(ALL_FINITE)) ?? findings[0];
}

/** What the other replicas compute in the step of a batch, made here. */
async function otherShares(job: TrainingJob, batch: StepBatch, indices: Uint32Array): Promise<StepBatch[]> {
  const { replicas = 1 } = job;
  const shares: StepBatch[] = [];
  if (replicas === 1) return shares;
  const maker = await openViewMaker(viewDataOf(job), job.engine);
  try {
    for (let rank = 1; rank < replicas; rank++) {
      const share = indices.subarray(shareStart(indices.length, rank, replicas), shareStart(indices.length, rank + 1, replicas));
      shares.push({ ...batch, ...(await maker.make({ epoch: batch.epoch, indices: share })), labels: Int32Array.from(share, (index) => job.train.labels[index]), rank });
    }
  } finally {
    await maker.close();
  }
  return shares;
}
