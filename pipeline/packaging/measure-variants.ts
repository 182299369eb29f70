/** Each variant of a student, written, run as a consumer would and measured: what decides whether it may be packaged. */
import { REQUIRED_VARIANTS, type VariantName } from '@sld-edge/runtime';
import type { ImageSet } from '../data/sets/index.ts';
import type { FrozenNetwork } from '../networks/freeze.ts';
import type { RunData } from '../data/run-data.ts';
import { accuracy, agreement, holds } from '../evaluation/accuracy.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { dropOf } from './choose-variants.ts';
import { networkOf, type MeasuredVariant, type MeasuredVariants } from './measured-variant.ts';
import { variantWriters, type WriteOptions } from './variant-writers.ts';

export { joinShards } from './measured-variant.ts';

/**
 * Writes the variants and runs each over the whole test and validation sets, on the reference backend of its format.
 * @param names the required ones among them
 * @param options of the writers
 */
export async function measureVariants(frozen: FrozenNetwork, data: RunData, names: readonly VariantName[] = REQUIRED_VARIANTS, options: WriteOptions = { maxDrop: 0 }): Promise<MeasuredVariants> {
  const measured = await Promise.all(
    names.map(async (name) => {
      const written = await variantWriters[name].write(frozen, data, options);
      const network = networkOf(written);
      const run = ({ images }: ImageSet): Promise<Float32Array> => logitsOf(network, images, data.preprocessing);
      const testLogits = await run(data.test);
      const validationLogits = await run(data.validation);
      return { name, ...written, testLogits, validationLogits, accuracy: accuracy(testLogits, data.test.labels, frozen.classes) };
    }),
  );
  const float32 = measured.find(({ name }) => name === 'float32')!;
  const variants = measured.map(({ name, ...variant }): [string, MeasuredVariant] => [name, { ...variant, agreementWithFloat32: agreement(variant.testLogits, float32.testLogits, frozen.classes) }]);
  return Object.fromEntries(variants) as unknown as MeasuredVariants;
}

export interface GateResult {
  /** Percentage points of top-1 that the variant lost against float32; negative where it gained. */
  drop: number;
  allowed: number;
  pass: boolean;
}

/** The gate of `--max-drop`, of the default variant. */
export function accuracyGate(variants: Record<'float32' | 'uint8', Pick<MeasuredVariant, 'accuracy'>>, maxDrop: number): GateResult {
  const drop = dropOf(variants.float32, variants.uint8);
  return { drop, allowed: maxDrop, pass: holds(drop, maxDrop) };
}
