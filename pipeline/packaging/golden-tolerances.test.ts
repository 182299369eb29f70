import { describe, expect, it } from 'vitest';
import { goldenTolerances } from './golden-tolerances.ts';

describe('goldenTolerances', () => {
  const measured = (wasm: number, onnx: number) => ({ spread: { wasm, onnx }, images: 5 });

  it('allows what was measured ten times its spread, others a hundred times the largest', () => {
    const { tolerance, measured: stated } = goldenTolerances(Float32Array.of(1, -20, 3), measured(2e-6, 5e-6));
    expect(tolerance).toEqual({ wasm: 2e-5, onnx: 5e-5, tensorflow: 5e-4, webgpu: 5e-4 });
    expect(stated).toEqual({ spread: { wasm: 2e-6, onnx: 5e-6 }, images: 5, factors: { own: 10, others: 100 } });
  });

  it('takes one rounding of the largest logit for the least spread', () => {
    // 2⁻²⁴ · 32 = 1.907e-6.
    expect(goldenTolerances(Float32Array.of(32), measured(0, 0)).tolerance).toEqual({
      wasm: 2e-5,
      onnx: 2e-5,
      tensorflow: 2e-4,
      webgpu: 2e-4,
    });
    // Of logits below one that of one: 5.96e-8.
    expect(goldenTolerances(Float32Array.of(0.001), measured(0, 0)).tolerance.wasm).toBe(6e-7);
  });

  it('allows an int8 ONNX model twice what it was off the integers, and others nothing by it', () => {
    const without = goldenTolerances(Float32Array.of(1), measured(2e-6, 5e-6));
    const { tolerance, measured: stated } = goldenTolerances(Float32Array.of(1), {
      spread: { wasm: 2e-6, onnx: 5e-6, onnxInt8: 0.31 },
      images: 5,
    });
    expect(tolerance).toEqual({ ...without.tolerance, onnxInt8: 0.62 });
    expect(stated).toEqual({
      spread: { wasm: 2e-6, onnx: 5e-6, onnxInt8: 0.31 },
      images: 5,
      factors: { own: 10, others: 100 },
      factorInt8: 2,
    });
  });

  it('rounds up, never down', () => {
    for (const spread of [1.01e-6, 1.26e-6, 9.91e-6, 1e-5, 3.3333e-4]) {
      const { wasm } = goldenTolerances(Float32Array.of(1), measured(spread, 0)).tolerance;
      expect(wasm).toBeGreaterThanOrEqual(10 * spread);
      expect(wasm).toBeLessThan(11.1 * spread);
    }
  });
});
