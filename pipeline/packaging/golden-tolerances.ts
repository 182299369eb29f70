/** The distance that a backend's logits may have from the reference's. */
import type { Goldens } from '@sld-edge/runtime';

/** A backend that was measured may lie so many times as far off on other machines and images; one that was not, so many times. */
const FACTORS = { own: 10, others: 100 };

/** An int8 ONNX model rounds activations of its own, so that its spread is not that of a last bit: twice of it is far already. */
const FACTOR_INT8 = 2;

/** The least that is taken for a spread: one rounding of the largest logit to float32. */
const ROUNDING = 2 ** -24;

/** Measured spread of backends that compute the same in another order of operations. */
export interface MeasuredSpread {
  /** Largest absolute difference of a logit from the reference's, by backend. */
  spread: { wasm: number; onnx: number; onnxInt8?: number };
  /** Number of images measured. */
  images: number;
}

/**
 * Largest allowed absolute difference of a logit, by backend, from the spread that was measured when the package was made:
 * `wasm` between its binaries with and without SIMD, `onnx` between ONNX Runtime and `wasm`. Others have the largest of
 * both times a larger factor. `onnxInt8`, if there is one, is the int8 ONNX model's from the integer variant. All are rounded
 * up to two digits.
 */
export function goldenTolerances(
  logits: Float32Array,
  { spread, images }: MeasuredSpread,
): Pick<Goldens, 'tolerance'> & { measured: NonNullable<Goldens['measured']> } {
  const floor = ROUNDING * logits.reduce((max, logit) => Math.max(max, Math.abs(logit)), 1);
  const times = (value: number, factor: number): number => roundedUp(factor * Math.max(value, floor));
  const others = times(Math.max(spread.wasm, spread.onnx), FACTORS.others);
  return {
    tolerance: {
      wasm: times(spread.wasm, FACTORS.own),
      onnx: times(spread.onnx, FACTORS.own),
      tensorflow: others,
      webgpu: others,
      ...(spread.onnxInt8 !== undefined && { onnxInt8: times(spread.onnxInt8, FACTOR_INT8) }),
    },
    measured: { spread: { ...spread }, images, factors: FACTORS, ...(spread.onnxInt8 !== undefined && { factorInt8: FACTOR_INT8 }) },
  };
}

/** Rounds up to two significant digits. */
function roundedUp(value: number): number {
  const digits = Number(value.toPrecision(2));
  return digits >= value ? digits : Number((digits + 10 ** (Math.floor(Math.log10(value)) - 1)).toPrecision(2));
}
