/** Chooses a mix: the best within a number of bytes, or the smallest that holds what is asked of it. */
import type { MeasuredUnit } from './layer-damage.ts';
import { afterSteps, selectionBytes, ladder, type Selection } from './ladder.ts';

type Units = readonly Pick<MeasuredUnit, 'choices'>[];

/**
 * The first mix of the ladder that is small enough; what its last step saved too much is spent again, on the choice that takes
 * away the most damage for a byte, until nothing fits. As good as the measured damages add up; not proven to be the optimum.
 *
 * @param budgetBytes for the units alone
 * @throws RangeError if even the smallest mix is larger
 */
export function bestWithin(units: Units, budgetBytes: number): Selection {
  const steps = ladder(units);
  const count = Array.from({ length: steps.length + 1 }, (_, i) => i).find(
    (i) => selectionBytes(afterSteps(units, steps, i)) <= budgetBytes,
  );
  if (count === undefined) throw new RangeError(`the smallest mix has ${selectionBytes(afterSteps(units, steps, steps.length))} bytes`);
  const selection = afterSteps(units, steps, count);
  for (;;) {
    const left = budgetBytes - selectionBytes(selection);
    const moves = units.flatMap(({ choices }, unit) =>
      choices
        .filter(({ bytes, damage }) => bytes - selection[unit].bytes <= left && damage < selection[unit].damage)
        .map((to) => ({ unit, to, gain: (selection[unit].damage - to.damage) / Math.max(to.bytes - selection[unit].bytes, 1e-9) })),
    );
    if (moves.length === 0) return selection;
    const { unit, to } = moves.reduce((best, move) => (move.gain > best.gain ? move : best));
    selection[unit] = to;
  }
}

export interface Tried {
  /** Steps of the ladder. */
  steps: number;
  bytes: number;
  holds: boolean;
}

/**
 * The smallest mix of the ladder that holds, by bisection on the number of its steps: each mix that comes up is measured as a
 * whole network. Bisection takes it that what holds at some size holds at every larger one; measured accuracy wavers, so that a
 * smaller mix may hold as well. float32 throughout holds by definition and is what is left where nothing else does.
 *
 * @param holds measures a mix; with `surely` nothing is left to chance, as is asked of the one that is returned
 * @param onTry told how many more are likely to be tried
 */
export async function smallestHolding(
  units: Units,
  holds: (selection: Selection, surely: boolean) => Promise<boolean>,
  onTry: (left: number) => void = () => {},
): Promise<{ selection: Selection; tried: Tried[] }> {
  const steps = ladder(units);
  const tried = new Map<number, Tried>();
  let [good, bad] = [0, steps.length + 1];
  const measure = async (count: number, surely: boolean): Promise<boolean> => {
    onTry(probesOf(bad - good));
    const selection = afterSteps(units, steps, count);
    const verdict = await holds(selection, surely);
    tried.set(count, { steps: count, bytes: selectionBytes(selection), holds: verdict });
    return verdict;
  };
  // The smallest of all first: where it holds, nothing is left to look for.
  let next = steps.length;
  for (;;) {
    for (; good < bad - 1; next = (good + bad) >> 1) {
      if (await measure(next, false)) good = next;
      else bad = next;
    }
    if (good === 0 || (await measure(good, true))) return { selection: afterSteps(units, steps, good), tried: [...tried.values()] };
    [good, bad, next] = [0, good, good >> 1];
  }
}

/** Mixes that bisection measures among so many. */
export const probesOf = (count: number): number => Math.ceil(Math.log2(Math.max(1, count))) + 1;

/**
 * `count` mixes of the ladder whose sizes lie evenly between the smallest and half of float32's, on a logarithmic scale; the smallest left
 * out.
 */
export function mixesBetween(units: Units, count: number): Selection[] {
  const steps = ladder(units);
  const all = Array.from({ length: steps.length + 1 }, (_, i) => afterSteps(units, steps, i));
  const [most, least] = [selectionBytes(all[0]) / 2, selectionBytes(all.at(-1)!)];
  const wanted = Array.from({ length: count }, (_, i) => least * (most / least) ** ((i + 1) / (count + 1)));
  const nearest = wanted.map((bytes) =>
    all.reduce(
      (best, selection, i) =>
        Math.abs(Math.log(selectionBytes(selection) / bytes)) < Math.abs(Math.log(selectionBytes(all[best]) / bytes)) ? i : best,
      0,
    ),
  );
  return [...new Set(nearest)].filter((i) => i > 0 && i < steps.length).map((i) => all[i]);
}
