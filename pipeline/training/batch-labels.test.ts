import { describe, expect, it } from 'vitest';
import { createRandom, drawMix, PUBLISHED } from '../data/augmentation/index.ts';
import { NO_LABEL } from '../data/sets/dataset.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import { batchLabels } from './batch-labels.ts';
import { addSwaps, noSwaps } from './teacher-swaps.ts';

const { preprocessing } = tinyRunData();
const training = { seed: 3, viewSets: 0, augmentation: PUBLISHED, preprocessing, network: { classes: 3 } };
const indices = Uint32Array.of(2, 0);

describe('labels of a batch', () => {
  it('are the labels alone where every sample has its one', () => {
    expect(batchLabels({ ...training, train: { labels: Uint16Array.of(1, 2, 0) } }, 1, indices)).toEqual({ labels: Int32Array.of(0, 1) });
  });

  it('have an empty row where there is no label, in every batch of the training', () => {
    const labels = Uint16Array.of(1, 2, 0, NO_LABEL);
    const of = (...samples: number[]) => batchLabels({ ...training, train: { labels } }, 1, Uint32Array.from(samples));
    expect(of(3, 1)).toEqual({ labels: Int32Array.of(0, 2), shares: Float32Array.of(0, 0, 0, 0, 0, 1) });
    expect(of(0)).toEqual({ labels: Int32Array.of(1), shares: Float32Array.of(0, 1, 0) });
  });

  it('have the shares of both pictures of a mix, which the sample, the epoch and the seed decide', () => {
    const augmentation = { ...PUBLISHED, mixing: { mixup: 1, cutmix: 0 } };
    const labels = Uint16Array.of(1, 2, 0);
    const { shares } = batchLabels({ ...training, augmentation, train: { labels } }, 4, indices);
    indices.forEach((sample, row) => {
      const { partner, own } = drawMix(augmentation.mixing, 3, preprocessing, createRandom(3, 4, sample, 2));
      const expected = [0, 0, 0];
      expected[labels[sample]] += own;
      expected[labels[partner]] += 1 - own;
      expect([...shares!.subarray(3 * row, 3 * row + 3)]).toEqual(expected.map(Math.fround));
    });
  });
});

it('a teacher is not counted wrong about pictures that have not exactly one class', () => {
  const swaps = noSwaps(3);
  const logits = Float32Array.of(0, 9, 0, 0, 9, 0, 0, 9, 0);
  addSwaps(swaps, ['weak'], [0, 0, 0], logits, Float32Array.of(1, 0, 0, 0.5, 0.5, 0, 0, 0, 0));
  expect(swaps).toEqual({ weak: 1, strong: 0, byClass: [1, 0, 0] });
});
