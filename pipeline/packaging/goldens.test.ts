import { describe, expect, it } from 'vitest';
import { imagesInMemory } from '../datasets/image-source.ts';
import { goldenTolerances, selectGoldens } from './goldens.ts';

describe('selectGoldens', () => {
  // Ten images of one pixel, two classes; brightness, label and the gap between the two logits of each.
  const brightness = [50, 60, 200, 10, 90, 100, 250, 20, 240, 30];
  const labels = [1, 1, 0, 0, 0, 1, 0, 1, 0, 1];
  const gaps = [5, 4, 3, 6, 0.1, 0.2, 9, 8, 7, 0.3];
  const images = { count: 10, images: imagesInMemory(Uint8Array.from(brightness), 1), labels: Uint16Array.from(labels) };
  const logits = Float32Array.from(gaps.flatMap((gap) => [0, gap]));

  it('takes the first of each class, then the brightest, the darkest and the closest to call, none twice', () => {
    // Classes: 2, 0. Brightest of the others: 6, 8, 5. Darkest: 3, 7, 9. Smallest gaps of what is left: 4, 1.
    expect(selectGoldens(images, logits, 2)).toEqual([2, 0, 6, 8, 5, 3, 7, 9, 4, 1]);
  });

  it('does without a class that has no image', () => {
    const one = { count: 1, images: imagesInMemory(Uint8Array.of(7), 1), labels: Uint16Array.of(1) };
    expect(selectGoldens(one, Float32Array.of(1, 2), 2)).toEqual([0]);
  });

  it('takes a few, whatever the number of images', () => {
    const many = { count: 1000, images: imagesInMemory(new Uint8Array(1000).map((_, i) => i % 251), 1), labels: new Uint16Array(1000).map((_, i) => i % 10) };
    expect(selectGoldens(many, new Float32Array(10_000).map((_, i) => (i * 37) % 101), 10)).toHaveLength(10 + 9);
  });
});

describe('goldenTolerances', () => {
  it('allows wasm a hundred-thousandth of the largest logit, others ten times that', () => {
    expect(goldenTolerances(Float32Array.of(1, -20, 3))).toEqual({ wasm: 2e-4, tensorflow: 2e-3, webgpu: 2e-3, onnx: 2e-3 });
  });

  it('does not shrink with logits below one', () => {
    expect(goldenTolerances(Float32Array.of(0.001)).wasm).toBe(1e-5);
  });
});
