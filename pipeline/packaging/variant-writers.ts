/** Writers that make each variant of a frozen student. A further one is a line here and in `VARIANTS` of the runtime. */
import { VARIANT_NAMES, type VariantName } from '@sld-edge/runtime';
import { writeIntegerProgram } from '@sld-edge/runtime/integer';
import { MIXED_FORMAT } from '@sld-edge/runtime/format';
import type { FrozenNetwork } from '../networks/freeze.ts';
import type { ActivationScale } from '../networks/operations/integer-def.ts';
import { calibrationCount, integerCalibration, judgingImages } from '../quantization/integer/calibration-images.ts';
import type { ActivationChoice } from '../quantization/integer/choose-bits.ts';
import { integerObstacle } from '../quantization/integer/lower.ts';
import { mixInThread, quantizeInThread } from '../quantization/quantize-in-thread.ts';
import { PLAIN_SCALE } from '../evaluation/model-input.ts';
import type { RunData } from '../data/run-data.ts';
import { writeGraphModel } from './graph-model.ts';
import type { WrittenVariant } from './measured-variant.ts';

export interface WriteOptions {
  /** Points of top-1 that a variant may cost, where its writer chooses how much. */
  maxDrop: number;
  /** Scales of activations, if the student was trained for them (`quantization/aware/statement.ts`). */
  scales?: Map<string, ActivationScale>;
}

interface VariantWriter {
  /** Written where nothing was asked for by name. */
  automatic: boolean;
  /** Reason why the network has no such variant, in one line; undefined if it has one. */
  obstacle(frozen: FrozenNetwork): string | undefined;
  /** Calibrates on training images where it must. */
  write(frozen: FrozenNetwork, data: RunData, options: WriteOptions): Promise<WrittenVariant>;
}

const always = (): undefined => undefined;

export const variantWriters: Record<VariantName, VariantWriter> = {
  float32: { automatic: true, obstacle: always, write: async (frozen) => ({ graph: writeGraphModel(frozen, 'float32') }) },
  uint8: { automatic: true, obstacle: always, write: async (frozen) => ({ graph: writeGraphModel(frozen, 'uint8') }) },
  // Measuring what each layer bears takes minutes: only for those who ask.
  mixed: {
    automatic: false,
    obstacle: always,
    async write(frozen, data, { maxDrop }) {
      const { mix, stored } = await mixInThread(frozen, data, maxDrop);
      const graph = writeGraphModel(stored, mix);
      // Also where stock TensorFlow.js could read it: a variant has one format.
      return { graph: { ...graph, modelJson: { ...graph.modelJson, format: MIXED_FORMAT } } };
    },
  },
  integer: {
    automatic: true,
    obstacle: integerObstacle,
    async write(frozen, { train, validation, inputShape, preprocessing }, { scales }) {
      const seen = { ...preprocessing, scale: PLAIN_SCALE };
      const count = calibrationCount(frozen);
      let activations: ActivationChoice | undefined;
      const program = await quantizeInThread(
        frozen,
        integerCalibration(train, inputShape, seen, count),
        { ...(scales && { scales }), judging: judgingImages(validation, inputShape, seen, count) },
        { onChoice: (choice) => (activations = choice) },
      );
      return { program, ...(await writeIntegerProgram(program)), ...(activations && { activations }) };
    },
  },
};

/** Variants of a package for which nothing was asked by name, in the order in which it lists them. */
export const AUTOMATIC_VARIANTS = VARIANT_NAMES.filter((name) => variantWriters[name].automatic);
