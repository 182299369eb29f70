/** Each variant of a student, written, and run as a consumer would: on validation images, which decide, then once on test images. */
import { VARIANT_NAMES, type VariantName } from '@sld-edge/runtime';
import type { RunData } from '../data/run-data.ts';
import { accuracy, agreement } from '../evaluation/accuracy.ts';
import { gateOf, type GateResult } from '../evaluation/gate.ts';
import { logitsOf } from '../evaluation/logits.ts';
import type { FrozenNetwork } from '../networks/freeze.ts';
import { roundInThread } from '../quantization/quantize-in-thread.ts';
import { writeGraphModel } from './graph-model.ts';
import { ALWAYS_PACKAGED, dropOf } from './choose-variants.ts';
import { entriesOf, networkOf, type CandidateVariants, type MeasuredVariants, type OnValidation } from './measured-variant.ts';
import { variantWriters, type WriteOptions } from './variant-writers.ts';

/**
 * Writes the variants and runs each over the validation images; `float32` in any case, since the others are measured by it.
 * @param names of the package
 * @param options of the writers
 */
export async function writeCandidates(
  frozen: FrozenNetwork,
  data: RunData,
  names: readonly VariantName[] = [ALWAYS_PACKAGED],
  options: WriteOptions = { maxDrop: 0 },
): Promise<CandidateVariants> {
  const candidates = await Promise.all(
    VARIANT_NAMES.filter((name) => name === 'float32' || names.includes(name)).map(async (name) => {
      const written = await variantWriters[name].write(frozen, data, options);
      const validationLogits = await logitsOf(networkOf(written), data.validation.images, data.preprocessing);
      return [
        name,
        { ...written, validationLogits, validation: accuracy(validationLogits, data.validation.labels, frozen.classes) },
      ] as const;
    }),
  );
  return Object.fromEntries(candidates) as unknown as CandidateVariants;
}

/** The `uint8` variant with a scale for each output channel, for a network that one a tensor costs too much: one with depthwise convolutions, as a rule. */
export async function writeCorrected(frozen: FrozenNetwork, data: RunData): Promise<CandidateVariants['uint8']> {
  const { network, weightScales } = await roundInThread(frozen, data);
  const written = { graph: writeGraphModel(network, 'uint8', weightScales) };
  const validationLogits = await logitsOf(networkOf(written), data.validation.images, data.preprocessing);
  return { ...written, validationLogits, validation: accuracy(validationLogits, data.validation.labels, frozen.classes) };
}

/** Runs variants that were decided on over the test images. Nothing is decided by what comes of it. */
export async function measureOnTest(candidates: CandidateVariants, { test, preprocessing, labels }: RunData): Promise<MeasuredVariants> {
  const entries = entriesOf(candidates);
  const logits = new Map(
    await Promise.all(
      entries.map(async ([name, variant]) => [name, await logitsOf(networkOf(variant), test.images, preprocessing)] as const),
    ),
  );
  const float32 = logits.get('float32')!;
  const measured = entries.map(([name, variant]) => {
    const testLogits = logits.get(name)!;
    return [
      name,
      {
        ...variant,
        testLogits,
        accuracy: accuracy(testLogits, test.labels, labels.length),
        agreementWithFloat32: agreement(testLogits, float32, labels.length),
      },
    ];
  });
  return Object.fromEntries(measured) as MeasuredVariants;
}

/** The gate of `--max-drop` of `uint8`, which every package has. */
export const accuracyGate = (variants: Record<'float32' | 'uint8', Pick<OnValidation, 'validation'>>, maxDrop: number): GateResult =>
  gateOf(dropOf(variants.float32.validation, variants.uint8.validation), maxDrop);
