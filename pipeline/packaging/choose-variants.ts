/** Chooses the variants of a package: those asked for that the network has a form for and that lose too little to matter. */
import { VARIANT_NAMES, type Accuracy, type VariantName } from '@sld-edge/runtime';
import type { FrozenNetwork } from '../networks/freeze.ts';
import { AUTOMATIC } from './settings.ts';
import type { CandidateVariants } from './measured-variant.ts';
import { AUTOMATIC_VARIANTS, variantWriters } from './variant-writers.ts';
import { gateOf } from '../evaluation/gate.ts';

export interface VariantChoice {
  /** Names in the order of the table, the required ones among them. */
  names: VariantName[];
  /** Asked for by name: left out of nothing in silence, an obstacle is an error. */
  byName: boolean;
  /** Optional ones that the network has no form for, with the reason. */
  without: { name: VariantName; reason: string }[];
}

/** Variant of every package of a run: stock TensorFlow.js opens it. */
export const ALWAYS_PACKAGED: VariantName = 'uint8';

/** `auto`, or names with commas. `uint8` is in every package of a run and need not be named. @throws Error in one line for an unknown name */
export function parseVariants(text: string): VariantName[] {
  if (text === AUTOMATIC) return AUTOMATIC_VARIANTS;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !VARIANT_NAMES.includes(name as VariantName));
  if (unknown !== undefined)
    throw new Error(`variants: expected ${AUTOMATIC} or some of ${VARIANT_NAMES.join(', ')} with commas between, got "${unknown}"`);
  return VARIANT_NAMES.filter((name) => name === ALWAYS_PACKAGED || names.includes(name));
}

/** @throws Error in one line for a variant that was asked for by name and that the network has no form for */
export function chooseVariants(text: string, frozen: FrozenNetwork): VariantChoice {
  const byName = text !== AUTOMATIC;
  const found = parseVariants(text).map((name) => ({ name, reason: variantWriters[name].obstacle(frozen) }));
  const without = found.filter((one): one is { name: VariantName; reason: string } => one.reason !== undefined);
  if (byName && without.length > 0) throw new Error(`--variants ${text}: ${without[0].reason}; nothing was packaged`);
  return { names: found.filter(({ reason }) => reason === undefined).map(({ name }) => name), byName, without };
}

/** The variant that answers where none is asked for: integers, the same on every machine, wherever they passed the gate. */
export const defaultVariantOf = (packaged: readonly VariantName[]): VariantName =>
  (['integer', 'uint8'] as const).find((name) => packaged.includes(name)) ?? packaged[0];

/** Percentage points of top-1 that a variant lost against float32; negative where it gained. */
export const dropOf = (float32: Accuracy, variant: Accuracy): number => 100 * (float32.top1 - variant.top1);

/**
 * Leaves out the optional variants that lost more than `maxDrop` on the validation images.
 * @throws Error in one line where such a one was asked for by name
 */
export function withoutWorse(
  variants: CandidateVariants,
  { byName }: Pick<VariantChoice, 'byName'>,
  maxDrop: number,
  say: (line: string) => void,
): CandidateVariants {
  const kept = { ...variants };
  for (const name of ['mixed', 'integer'] as const) {
    const variant = variants[name];
    if (!variant) continue;
    const drop = dropOf(variants.float32.validation, variant.validation);
    if (gateOf(drop, maxDrop).pass) continue;
    const what = `the ${name} variant costs ${drop.toFixed(2)} points of top-1 on the validation images, more than the ${maxDrop} of --max-drop`;
    if (byName) throw new Error(`${what}; nothing was packaged`);
    say(`${what}: left out`);
    delete kept[name];
  }
  return kept;
}
