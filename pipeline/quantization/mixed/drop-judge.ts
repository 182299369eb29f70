/** Judges whether a mix loses too much, by as few validation images as suffice. */
import type { ImageSet } from '../../data/sets/index.ts';
import { interleavedParts } from '../../data/sets/image-set.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { concatenate } from '../../support/concatenate.ts';
import { type Difference, accuracyDifference } from '../../evaluation/accuracy.ts';
import { gateOf } from '../../evaluation/gate.ts';

/** The set is looked at in so many parts, each spread over all of it. */
const PARTS = 8;

/** Standard errors beyond which a part of the images decides for all: that a mix loses too much is final, that it holds is asked again. */
const SURELY_NOT = 3;
const LIKELY = 2;

export type Verdict = Difference & { count: number; holds: boolean };

/**
 * @param logits of a network on images, `[images, classes]`
 * @returns a function that measures a network: it holds where its drop and one standard error are at most `maxDrop`. Where a part of the images leaves no doubt it stops there, unless asked for all
 */
export function dropJudge(
  float32: FrozenNetwork,
  validation: ImageSet,
  maxDrop: number,
  logits: (network: FrozenNetwork, set: ImageSet) => Promise<Float32Array>,
): (network: FrozenNetwork, all: boolean) => Promise<Verdict> {
  const parts = interleavedParts(validation, PARTS);
  /** float32's own, as far as they were needed. */
  const known: Float32Array[] = [];
  return async (network, all) => {
    const labels: number[] = [];
    const own: Float32Array[] = [];
    for (const [i, part] of parts.entries()) {
      known[i] ??= await logits(float32, part);
      own.push(await logits(network, part));
      labels.push(...part.labels);
      const { drop, dropStandardError, agreementWithFloat32 } = accuracyDifference(
        concatenate(known.slice(0, own.length)),
        concatenate(own),
        labels,
        float32.classes,
      );
      const count = labels.length;
      const verdict = { drop, dropStandardError, agreementWithFloat32, count };
      // The smallest of several that waver is likelier to be a lucky one: hence the margin.
      if (count === validation.count) return { ...verdict, holds: gateOf(drop + dropStandardError, maxDrop).pass };
      if (all) continue;
      // One image more than differ: none of a few says little.
      const error = Math.hypot(dropStandardError, 100 / count);
      if (drop - SURELY_NOT * error > maxDrop) return { ...verdict, holds: false };
      if (drop + LIKELY * error <= maxDrop) return { ...verdict, holds: true };
    }
    throw new Error('no validation images');
  };
}
