/** The gradients of a whole network on one engine held against another's. */
import type { Engine } from '../../pipeline/engines/index.ts';
import type { Network } from '../../pipeline/networks/index.ts';
import { parameterGradients, worstGradient } from '../../pipeline/testing/parameter-gradients.ts';
import { makeCurrent } from './current-engine.ts';

export interface GradientAgreement {
  network: string;
  /** Largest error of a parameter's gradient relative to its largest entry, and which parameter: with the images that agreed best. */
  error: number;
  parameter: string;
  /** Sets of images that were tried. */
  tried: number;
  /** True if batch norms' offsets were raised. */
  raised: boolean;
}

/**
 * Compares two engines' gradients on several sets of images. If a ReLU's input is 0 but for rounding, one right engine may let the gradient
 * through and another not. Every gradient before it then jumps by a hundredth or more. The same happens if two inputs of a max pooling are
 * equal but for rounding. Among a million activations this happens in about every second set of images; an engine that is wrong is so with
 * every set. So sets are tried until one agrees. In a network so deep and wide that none does, the last two tries raise the batch norms'
 * offsets, which keeps ReLU's inputs away from 0.
 * @param batches images in a set, in turns: with few there are few such places, with many batch norms don't amplify rounding
 */
export async function gradientAgreement(
  engine: Engine,
  reference: Engine,
  network: Network,
  { batches, tolerance, tries }: { batches: readonly number[]; tolerance: number; tries: number },
): Promise<GradientAgreement> {
  let best = { error: Infinity, name: '' };
  let tried = 0;
  let raised = false;
  while (tried < tries && !(best.error < tolerance)) {
    const batch = batches[tried % batches.length];
    const seed = 7 + tried++;
    raised = tried > tries - 2;
    await makeCurrent(reference);
    const expected = await parameterGradients(reference, network, batch, seed, raised);
    await makeCurrent(engine);
    const worst = worstGradient(await parameterGradients(engine, network, batch, seed, raised), expected);
    if (!(worst.error >= best.error)) best = worst;
  }
  return { network: network.name, error: best.error, parameter: best.name, tried, raised };
}
