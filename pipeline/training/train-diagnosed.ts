/** The trainer with an answer to the question where it broke, should it diverge. It costs nothing until then. */
import type { NetworkState } from '../networks/state.ts';
import { diagnoseStep } from './diagnose-divergence.ts';
import { DivergenceError, train, type EpochState, type TrainingEvents, type TrainingJob } from './train.ts';

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
      async beforeStep({ device, batch, epoch, stepOfEpoch }) {
        if (epoch !== at.epoch || stepOfEpoch !== at.step) return;
        finding = await diagnoseStep(job, device, batch);
        throw found;
      },
    });
  } catch (error) {
    if (error !== found && !(error instanceof DivergenceError)) throw error;
  }
  return finding;
}
