/** Chooses the mix of encodings that a network's accuracy or a budget allows, from its images. */
import type { ImageSet } from '../../data/sets/index.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { storageName, type EncodingName, type Mix } from '../encodings.ts';
import { bestWithin, probesOf, smallestHolding, type Tried } from './search-ladder.ts';
import type { BiasCorrector } from '../correct-bias.ts';
import { damagePasses, measureDamage, type MeasuredUnit } from './layer-damage.ts';
import { dropJudge, type Verdict } from './drop-judge.ts';
import { afterSteps, selectionBytes, ladder, mixOf, type Selection } from './ladder.ts';
import type { MixRounder } from './learned-rounding.ts';
import { createMixer, type MixedNetwork } from './mixer.ts';
import { createReader, unitsOf } from './mix-units.ts';
import { createPassProgress, type PassProgress } from './pass-progress.ts';

/** Encodings of a mix beside float32, unless others are asked for. */
export const MIX_ENCODINGS: readonly EncodingName[] = ['float16', 'int8', 'int4', 'int4g32'];

/** Training images by which each layer's damage is measured, unless another number is asked for. */
export const DAMAGE_IMAGES = 256;

export interface MixSubject {
  network: FrozenNetwork;
  /** Training images, by which each layer's damage is measured. */
  calibration: ImageSet;
  /** Validation images by which `maxDrop` is judged. */
  validation: ImageSet;
  /** Bytes of the file that belong to no unit: shapes, axes and scalars of the graph, in every mix. */
  otherBytes: number;
  /**
   * Computes logits of networks on a set, `[images, classes]` each; layers shared with the first are computed once. @param onPasses told
   * passes of an image through a whole network
   */
  logits(networks: FrozenNetwork[], set: ImageSet, onPasses: (count: number) => void): Promise<Float32Array[]>;
  correctBias: BiasCorrector;
  rounder: MixRounder;
}

export interface MixOptions {
  /** Encodings that a mix may use, beside float32. */
  encodings: readonly EncodingName[];
  /** Points of top-1 on the validation images that the drop and one standard error of it may come to. */
  maxDrop: number;
  /** Bytes of all weights in the file; undefined: as few as hold `maxDrop`. */
  budgetBytes?: number;
}

export interface ChosenMix {
  /** Ready for `writeGraphModel`, with `stored`. */
  mix: Mix;
  /** The network with the biases that go with the mix. */
  stored: FrozenNetwork;
  units: MeasuredUnit[];
  /** The choice of each unit. */
  chosen: Selection;
  choice: { by: 'budget' | 'max-drop'; validation: Omit<Verdict, 'holds'>; tried: Tried[] };
  /** The network in a mix. */
  networkOf(selection: Selection): Promise<MixedNetwork>;
}

/** Passes of `chooseMix` by its stages, as far as they are known before; for `createPassProgress`. */
export function plannedPasses(
  { network, calibration, validation }: Pick<MixSubject, 'network' | 'calibration' | 'validation'>,
  { encodings, budgetBytes }: Pick<MixOptions, 'encodings' | 'budgetBytes'>,
): Record<'damage of layers' | 'choice of the mix', number> {
  const units = unitsOf(network, encodings);
  // A layer takes about two steps down the ladder.
  const probes = budgetBytes === undefined ? probesOf(2 * units.length) : 1;
  return {
    'damage of layers': damagePasses(network, units) * calibration.count,
    'choice of the mix': (1 + PROBE_SHARE * probes) * validation.count,
  };
}

/** Fraction of the validation images that a mix takes on average until it is clear whether it holds. */
const PROBE_SHARE = 1 / 2;

/** @throws RangeError where no mix is as small as the budget */
export async function chooseMix(
  subject: MixSubject,
  options: MixOptions,
  work: PassProgress = createPassProgress(plannedPasses(subject, options), () => {}),
): Promise<ChosenMix> {
  const { network, calibration, validation, logits, correctBias, rounder, otherBytes } = subject;
  const { encodings, maxDrop, budgetBytes } = options;
  const read = createReader(rounder.alone);
  const mixer = createMixer(network, read, correctBias);
  work.begin('damage of layers');
  const units = await measureDamage(network, unitsOf(network, encodings), read, mixer, (networks) =>
    logits(networks, calibration, work.did),
  );
  const made = new Map<string, Promise<MixedNetwork>>();
  const networkOf = (selection: Selection): Promise<MixedNetwork> => {
    const key = JSON.stringify(selection.map(storageName));
    const known = made.get(key) ?? rounder.inOrder(mixOf(units, selection), read);
    made.set(key, known);
    return known;
  };
  const judge = dropJudge(network, validation, maxDrop, async (own, set) => (await logits([own], set, work.did))[0]);
  const chosenMix = async (chosen: Selection, choice: ChosenMix['choice']): Promise<ChosenMix> => ({
    mix: mixOf(units, chosen),
    stored: (await networkOf(chosen)).stored,
    units,
    chosen,
    choice,
    networkOf,
  });

  work.begin('choice of the mix');
  if (budgetBytes !== undefined) {
    const least = otherBytes + selectionBytes(afterSteps(units, ladder(units), Infinity));
    if (least > budgetBytes) throw new RangeError(`no mix has at most ${budgetBytes} bytes: the smallest has ${least}`);
    const chosen = bestWithin(units, budgetBytes - otherBytes);
    return chosenMix(chosen, { by: 'budget', validation: await judge((await networkOf(chosen)).read, true), tried: [] });
  }
  const measured = new Map<number, Verdict>();
  const { selection, tried } = await smallestHolding(
    units,
    async (mix, surely) => {
      const known = measured.get(selectionBytes(mix));
      const verdict = known && (!surely || known.count === validation.count) ? known : await judge((await networkOf(mix)).read, surely);
      measured.set(selectionBytes(mix), verdict);
      return verdict.holds;
    },
    (left) => work.expect(left * PROBE_SHARE * validation.count),
  );
  const verdict = measured.get(selectionBytes(selection)) ?? (await judge((await networkOf(selection)).read, true));
  return chosenMix(selection, {
    by: 'max-drop',
    validation: verdict,
    tried: tried.map((one) => ({ ...one, bytes: otherBytes + one.bytes })),
  });
}
