/** Time left of a comparison whose cells take unlike long: each method's own pace, once it is known. */

export interface RemainingTime {
  /** A training of `label` took so long from `from` to `to` (fractions of it). */
  observe(label: string, ms: number, from: number, to: number): void;
  /** Returns the time left of trainings, in ms, from the fraction that is left of each; undefined while nothing is known. */
  leftMs(remaining: readonly { label: string; fraction: number }[]): number | undefined;
}

export function createRemainingTime(): RemainingTime {
  const wholeMs = new Map<string, number>();
  return {
    observe(label, ms, from, to) {
      if (to > from) wholeMs.set(label, ms / (to - from));
    },
    leftMs(remaining) {
      if (wholeMs.size === 0) return undefined;
      const known = [...wholeMs.values()];
      const typical = known.reduce((sum, ms) => sum + ms, 0) / known.length;
      return remaining.reduce((sum, { label, fraction }) => sum + fraction * (wholeMs.get(label) ?? typical), 0);
    },
  };
}
