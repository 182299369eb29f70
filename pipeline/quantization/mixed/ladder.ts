/**
 * Mixes from float32 throughout down to the smallest: a ladder of steps, each of which stores one layer in fewer bytes, in the
 * order of damage for each byte saved. A layer's steps are those of the lower convex hull of its choices, so that every mix on
 * the ladder is the best of its size as far as damages add up (the Lagrangian solution of a multiple-choice knapsack).
 */
import type { Mix, StorageFormat } from '../encodings.ts';
import type { Choice, MeasuredUnit } from './layer-damage.ts';

/** The choice of each unit, in their order. */
export type Selection = Choice[];

export interface LadderStep {
  /** Index of the unit. */
  unit: number;
  to: Choice;
  /** Nats for each byte saved. */
  price: number;
}

export function ladder(units: readonly Pick<MeasuredUnit, 'choices'>[]): LadderStep[] {
  // Stable, and a unit's prices rise, so that its steps stay in their order.
  return units
    .flatMap(({ choices }, unit) => hull(choices).map(({ to, price }) => ({ unit, to, price })))
    .sort((a, b) => a.price - b.price);
}

function hull(choices: readonly Choice[]): Omit<LadderStep, 'unit'>[] {
  const steps: Omit<LadderStep, 'unit'>[] = [];
  let [from] = choices;
  for (;;) {
    const { bytes, damage } = from;
    const cheapest = choices
      .filter((choice) => choice.bytes < bytes)
      .map((to) => ({ to, price: (to.damage - damage) / (bytes - to.bytes) }))
      .reduce<Omit<LadderStep, 'unit'> | undefined>(
        (best, step) => (!best || step.price < best.price || (step.price === best.price && step.to.bytes < best.to.bytes) ? step : best),
        undefined,
      );
    if (!cheapest) return steps;
    steps.push(cheapest);
    from = cheapest.to;
  }
}

/** @param count of the ladder's steps, from float32 throughout */
export function afterSteps(units: readonly Pick<MeasuredUnit, 'choices'>[], steps: readonly LadderStep[], count: number): Selection {
  const selection = units.map(({ choices }) => choices[0]);
  for (const { unit, to } of steps.slice(0, count)) selection[unit] = to;
  return selection;
}

export const selectionBytes = (selection: Selection): number => selection.reduce((sum, { bytes }) => sum + bytes, 0);

/** Nats, if damages add up. */
export const selectionDamage = (selection: Selection): number => selection.reduce((sum, { damage }) => sum + damage, 0);

export function mixOf(units: readonly Pick<MeasuredUnit, 'tensors'>[], selection: Selection): Mix {
  return new Map(
    units
      .flatMap(({ tensors }, i) => tensors.map(({ name }): [string, StorageFormat] => [name, storageOf(selection[i])]))
      .filter(([, { encoding }]) => encoding !== 'float32'),
  );
}

const storageOf = ({ encoding, rule }: Choice): StorageFormat => (rule ? { encoding, rule } : { encoding });
