import { describe, expect, it } from 'vitest';
import { imagesInMemory } from '../data/sets/image-source.ts';
import { goldenTolerances, selectGoldens } from './goldens.ts';

describe('selectGoldens', () => {
  // Ten images of one pixel, two classes; brightness, label and the gap between the two logits of each.
  const brightness = [50, 60, 200, 10, 90, 100, 250, 20, 240, 30];
  const labels = [1, 1, 0, 0, 0, 1, 0, 1, 0, 1];
  const gaps = [5, 4, 3, 6, 0.1, 0.2, 9, 8, 7, 0.3];
  const images = { count: 10, images: imagesInMemory(Uint8Array.from(brightness), 1), labels: Uint16Array.from(labels) };
  const logits = Float32Array.from(gaps.flatMap((gap) => [0, gap]));

  it('takes the first of each class, then the brightest, the darkest and the closest to call, none twice', () => {
    // Classes: 2, 0. Nothing is at 255: brightest of the others: 6, 8, 5. Darkest: 3, 7, 9. Smallest gaps of what is left: 4, 1.
    expect(selectGoldens(images, logits, 2)).toEqual([
      ...[2, 0].map((index) => ({ index, kind: 'natural' })),
      ...[6, 8, 5].map((index) => ({ index, kind: 'saturated' })),
      ...[3, 7, 9].map((index) => ({ index, kind: 'dark' })),
      ...[4, 1].map((index) => ({ index, kind: 'boundary' })),
    ]);
  });

  it('takes for saturated what has the most values at 255, however dark the rest', () => {
    // Four images of two pixels, after one of each class.
    const pixels = [
      [0, 0],
      [9, 9],
      [200, 200],
      [255, 0],
      [255, 255],
      [250, 250],
      [1, 2],
    ].flat();
    const some = { count: 7, images: imagesInMemory(Uint8Array.from(pixels), 2), labels: Uint16Array.from([0, 1, 0, 0, 0, 0, 0]) };
    const chosen = selectGoldens(
      some,
      new Float32Array(14).map((_, i) => i),
      2,
    );
    expect(chosen.filter(({ kind }) => kind === 'saturated').map(({ index }) => index)).toEqual([4, 3, 5]);
  });

  it('does without a class that has no image', () => {
    const one = { count: 1, images: imagesInMemory(Uint8Array.of(7), 1), labels: Uint16Array.of(1) };
    expect(selectGoldens(one, Float32Array.of(1, 2), 2)).toEqual([{ index: 0, kind: 'natural' }]);
  });

  it('takes a few, whatever the number of images', () => {
    const many = {
      count: 1000,
      images: imagesInMemory(
        new Uint8Array(1000).map((_, i) => i % 251),
        1,
      ),
      labels: new Uint16Array(1000).map((_, i) => i % 10),
    };
    expect(
      selectGoldens(
        many,
        new Float32Array(10_000).map((_, i) => (i * 37) % 101),
        10,
      ),
    ).toHaveLength(10 + 9);
  });
});

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
