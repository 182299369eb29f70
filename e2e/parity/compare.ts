/** Compares one path's answers with the pipeline's over the same images. */
export interface Comparison {
  path: string;
  format: 'png' | 'jpeg';
  images: number;
  /** Fraction answered with the label; null if the images have none. */
  accuracy: number | null;
  /** Images whose most probable class is another than the pipeline's. */
  disagreements: number;
  /** Largest absolute difference of a probability. */
  worstDifference: number;
  /** The image with that difference. */
  worstImage: number;
}

/**
 * @param answers probabilities by class index, `[images][classes]`
 * @param expected the pipeline's, of the same shape
 * @param labels the true classes, or null
 */
export function compare(
  path: string,
  format: 'png' | 'jpeg',
  answers: number[][],
  expected: number[][],
  labels: (number | null)[],
): Comparison {
  const comparison: Comparison = {
    path,
    format,
    images: answers.length,
    accuracy: labels.some((label) => label === null) ? null : answers.filter((row, i) => top1(row) === labels[i]).length / answers.length,
    disagreements: answers.filter((row, i) => top1(row) !== top1(expected[i])).length,
    worstDifference: 0,
    worstImage: 0,
  };
  answers.forEach((row, image) => {
    if (row.length !== expected[image].length)
      throw new Error(`${path}: image ${image} has ${row.length} classes, expected ${expected[image].length}`);
    row.forEach((value, index) => {
      const difference = Math.abs(value - expected[image][index]);
      // A NaN is the worst there is, and stays it.
      if (difference > comparison.worstDifference || Number.isNaN(difference))
        Object.assign(comparison, { worstDifference: difference, worstImage: image });
    });
  });
  return comparison;
}

function top1(row: number[]): number {
  return row.indexOf(Math.max(...row));
}

export function table(rows: Comparison[]): string {
  const cells = rows.map((row) => [
    row.path,
    row.format,
    String(row.images),
    row.accuracy === null ? '–' : `${(row.accuracy * 100).toFixed(2)} %`,
    String(row.disagreements),
    row.worstDifference.toExponential(1),
  ]);
  const lines = [['path', 'format', 'images', 'accuracy', 'top-1 differs', 'worst probability difference'], ...cells];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column])).join('  ')).join('\n');
}
