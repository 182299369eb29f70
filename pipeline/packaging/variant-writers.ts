/** How each variant is made of a frozen student. A further one is a line here and in `VARIANTS` of the runtime. */
import type { VariantName } from '@sld-edge/runtime';
import { writeIntegerProgram } from '@sld-edge/runtime/integer/index.ts';
import type { FrozenNetwork } from '../networks/freeze.ts';
import type { ActivationScale } from '../networks/operations/integer-def.ts';
import { calibrationPixels, pixelScale } from '../quantization/integer/calibration-images.ts';
import { integerObstacle } from '../quantization/integer/lower.ts';
import { quantizeInThread } from '../quantization/integer/quantize-in-thread.ts';
import { integerDefaults } from '../quantization/integer/quantize-network.ts';
import { PLAIN_SCALE } from '../teachers/preprocessing.ts';
import type { RunData } from '../training/data.ts';
import { writeGraphModel } from './graph-model.ts';
import type { WrittenVariant } from './measured-variant.ts';

interface VariantWriter {
  /** Why the network has no such variant, in one line; undefined where it has one. */
  obstacle(frozen: FrozenNetwork): string | undefined;
  /**
   * Calibrates on training images where it must.
   * @param scales of activations, where the student was trained for them (`quantization/aware/statement.ts`)
   */
  write(frozen: FrozenNetwork, data: RunData, scales?: Map<string, ActivationScale>): Promise<WrittenVariant>;
}

const always = (): undefined => undefined;

export const variantWriters: Partial<Record<VariantName, VariantWriter>> = {
  float32: { obstacle: always, write: async (frozen) => ({ graph: writeGraphModel(frozen, 'float32') }) },
  uint8: { obstacle: always, write: async (frozen) => ({ graph: writeGraphModel(frozen, 'uint8') }) },
  integer: {
    obstacle: integerObstacle,
    async write(frozen, { train, preprocessing }, scales) {
      const program = await quantizeInThread(frozen, { pixels: calibrationPixels(train), scale: pixelScale({ ...preprocessing, scale: PLAIN_SCALE }) }, { ...integerDefaults, ...(scales && { scales }) });
      return { program, ...(await writeIntegerProgram(program)) };
    },
  },
};

/** Those that there is a way to write, in the order in which a package lists them. */
export const WRITABLE_VARIANTS = Object.keys(variantWriters) as VariantName[];
