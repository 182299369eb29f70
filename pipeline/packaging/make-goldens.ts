/** The goldens of a package as they are written: what they are, their pixels, and what each variant must give. */
import { isGraphVariant, VARIANT_NAMES, type Goldens, type VariantName } from '@sld-edge/runtime';
import type { GoldenOutputs } from '@sld-edge/runtime/format';
import { goldenTolerances } from './golden-tolerances.ts';
import type { PackageInput } from './package-input.ts';

/** Goldens of a package before they are files. */
export interface MadeGoldens {
  index: Goldens;
  pixels: Uint8Array;
  /** Answers that each variant must give; `float32`'s also if the package lacks it, since the ONNX file is compared with them. */
  outputs: [VariantName, GoldenOutputs][];
}

export function makeGoldens({
  data,
  variants,
  packaged,
  goldens,
  int8Onnx,
}: Pick<PackageInput, 'data' | 'variants' | 'packaged' | 'goldens' | 'int8Onnx'>): MadeGoldens {
  const classes = data.labels.length;
  const { chosen, measured } = goldens;
  const rows = (logits: Float32Array): Float32Array =>
    Float32Array.from(chosen.flatMap(({ index }) => [...logits.subarray(index * classes, (index + 1) * classes)]));
  const graphs = VARIANT_NAMES.filter(isGraphVariant).filter((name) => name === 'float32' || packaged.includes(name));
  const logits = graphs.map((name): [VariantName, Float32Array] => [name, rows(variants[name]!.validationLogits)]);
  const { spread, images } = measured;
  return {
    index: {
      count: chosen.length,
      labels: chosen.map(({ index }) => data.validation.labels[index]),
      kinds: chosen.map(({ kind }) => kind),
      ...goldenTolerances(Float32Array.from(logits.flatMap(([, values]) => [...values])), {
        spread: { ...spread, ...(int8Onnx && { onnxInt8: int8Onnx.spread }) },
        images,
      }),
    },
    pixels: Buffer.concat(chosen.map(({ index }) => data.validation.images.image(index).slice())),
    outputs: [...logits, ...(goldens.integers ? [['integer', goldens.integers] satisfies [VariantName, GoldenOutputs]] : [])],
  };
}
