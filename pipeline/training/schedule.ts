/** Learning rates over a training, as a function of progress, so that a resumed run continues exactly. */

export type Schedule =
  /** Multiplied by `factor` at the start of each milestone epoch (from 1: milestone 150 acts from epoch 151, as in PyTorch). */
  | { kind: 'step'; milestones: number[]; factor: number }
  /** Half a cosine from the base rate to zero (Loshchilov and Hutter 2016, arXiv 1608.03983, one cycle). */
  | { kind: 'cosine' };

/**
 * @param step steps done so far, from 0
 * @param warmupSteps the rate rises linearly over these first
 */
export function learningRate(
  schedule: Schedule,
  base: number,
  step: number,
  stepsPerEpoch: number,
  epochs: number,
  warmupSteps: number,
): number {
  if (step < warmupSteps) return (base * (step + 1)) / warmupSteps;
  if (schedule.kind === 'step') {
    const epochsDone = Math.floor(step / stepsPerEpoch);
    return base * schedule.factor ** schedule.milestones.filter((milestone) => epochsDone >= milestone).length;
  }
  const total = stepsPerEpoch * epochs - warmupSteps;
  return (base * (1 + Math.cos((Math.PI * (step - warmupSteps)) / total))) / 2;
}
