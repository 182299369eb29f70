/** Text of the number of images in each class, in a line or two. */

import { classCounts } from '../class-counts.ts';

/** Ratio of the largest to the smallest class above which weights are suggested. */
const NOTABLE_RATIO = 1.5;
const MOST_CLASSES_IN_A_LINE = 20;

/** @param classOf the class of each training image */
export function balanceLines(labels: readonly string[], classOf: ArrayLike<number>): string[] {
  const counts = classCounts(classOf, labels.length);
  const order = [...counts.keys()].sort((a, b) => counts[b] - counts[a]);
  const [largest, smallest] = [order[0], order.at(-1)!];
  const ratio = counts[largest] / counts[smallest];
  const told = (label: number): string => `${labels[label]} ${counts[label].toLocaleString('en')}`;
  const lines = [
    `training images of ${labels.length} classes: largest ${told(largest)}, smallest ${told(smallest)}, ratio ${ratio.toFixed(ratio < 10 ? 2 : 0)}`,
  ];
  if (labels.length <= MOST_CLASSES_IN_A_LINE && ratio > 1) lines.push(`training images a class: ${order.map(told).join(', ')}`);
  if (ratio > NOTABLE_RATIO) lines.push('the classes are not balanced: --class-weights balanced makes each count as much as any other');
  return lines;
}
