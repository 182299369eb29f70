/** Progress of a choice and its comparisons, in passes of an image through a network, which all take about as long. */

export interface PassProgress {
  /** The stage that begins, of those that were planned; what was left of the one before falls away. */
  begin(stage: string): void;
  /** The passes that the stage has still to do, where that became clearer. */
  expect(passes: number): void;
  did(passes: number): void;
}

/** @param plan the passes of each stage, in their order, as far as is known */
export function createPassProgress(plan: Record<string, number>, onProgress: (fraction: number, stage: string) => void): PassProgress {
  const later = new Map(Object.entries(plan));
  let [done, left, current] = [0, 0, ''];
  return {
    begin(stage) {
      current = stage;
      left = later.get(stage)!;
      later.delete(stage);
    },
    expect: (passes) => void (left = passes),
    did(passes) {
      done += passes;
      left = Math.max(0, left - passes);
      onProgress(done / (done + left + [...later.values()].reduce((sum, value) => sum + value, 0)), current);
    },
  };
}
