/** Figures of each class: confusions as a matrix that fits the page, the most frequent ones, recall and precision. */
import sharp from 'sharp';
import { confusionCounts } from '../../evaluation/accuracy.ts';
import { charts, figure, htmlTable } from '../../support/charts/page.ts';
import { heatMap, mostConfused } from '../../support/charts/heat-map.ts';

/** Classes of which a matrix with names and figures fits the page; more are drawn as a picture of one pixel a cell. */
const MOST_DRAWN = 20;
/** Cells of more classes than these are smaller than a screen's pixels. */
const MOST_PICTURED = 400;
const MOST_ROWS = 100;
const PAIRS = { drawn: 12, pictured: 25 };
const RIGHT = [0, 114, 178];
const WRONG = [213, 94, 0];

export interface ClassFigures {
  label: string;
  /** Images of the class. */
  images: number;
  /** Fraction of the class's images that are taken for it; undefined where it has none. */
  recall?: number;
  /** Fraction of the images taken for it that are of it; undefined where none is. */
  precision?: number;
}

/** @param counts `[true class][answer]` */
export const classFigures = (counts: readonly (readonly number[])[], labels: readonly string[]): ClassFigures[] =>
  labels.map((label, i) => {
    const images = counts[i].reduce((sum, count) => sum + count, 0);
    const answers = counts.reduce((sum, row) => sum + row[i], 0);
    return {
      label,
      images,
      ...(images > 0 && { recall: counts[i][i] / images }),
      ...(answers > 0 && { precision: counts[i][i] / answers }),
    };
  });

/** @param logits `[images, classes]` of the variant `name` on the test images */
export async function classesSection(
  name: string,
  logits: Float32Array,
  truths: ArrayLike<number>,
  labels: readonly string[],
): Promise<string> {
  const classes = labels.length;
  const counts = confusionCounts(logits, truths, classes);
  const drawn = classes <= MOST_DRAWN;
  const matrix = drawn
    ? heatMap('Confusion matrix', counts, labels)
    : classes <= MOST_PICTURED
      ? await matrixPicture(counts, labels)
      : undefined;
  const pairs = mostConfused(counts, labels, drawn ? PAIRS.drawn : PAIRS.pictured);
  const pairTable = htmlTable(
    ['true class', 'taken for', 'images', 'of its'],
    pairs.map(({ truth, answer, count, share }) => [truth, answer, String(count), shareText(share)]),
    { caption: 'Most frequent confusions' },
  );
  const figures = classFigures(counts, labels).sort((a, b) => (a.recall ?? 2) - (b.recall ?? 2));
  const rows = figures
    .slice(0, MOST_ROWS)
    .map(({ label, recall, precision, images }) => [label, shareText(recall), shareText(precision), String(images)]);
  const caption =
    classes > MOST_ROWS
      ? `The ${MOST_ROWS} of ${classes.toLocaleString('en')} classes with the lowest recall`
      : 'Each class, the lowest recall first';
  // A long table is two beside each other.
  const parts = drawn ? [rows] : [rows.slice(0, Math.ceil(rows.length / 2)), rows.slice(Math.ceil(rows.length / 2))];
  const classTables = parts.map((part, i) =>
    htmlTable(['class', 'recall', 'precision', 'images'], part, { caption: i === 0 ? caption : 'Continued' }),
  );
  return `<h2>Classes</h2>
<p class="small">${name} on the ${truths.length.toLocaleString('en')} test images. Recall: share of a class's images that are taken for it. Precision: share of the images taken for it that are of it. In the matrix <b class="right">■</b> is right and <b class="wrong">■</b> wrong, the stronger the larger its share of the true class (root scale).</p>
${charts(
  [
    ...(matrix ? [figure('True classes in rows, answers in columns', matrix)] : []),
    ...(pairs.length > 0 ? [`<div class="words">${pairTable}</div>`] : []),
    ...classTables.map((table) => `<div>${table}</div>`),
  ],
  'pair',
)}`;
}

const shareText = (share: number | undefined): string => (share === undefined ? '–' : `${(100 * share).toFixed(1)} %`);

/** The matrix with one pixel a cell, which the page enlarges. */
async function matrixPicture(counts: readonly (readonly number[])[], labels: readonly string[]): Promise<string> {
  const classes = labels.length;
  const pixels = new Uint8Array(4 * classes * classes);
  counts.forEach((row, truth) => {
    const total = row.reduce((sum, count) => sum + count, 0) || 1;
    row.forEach((count, answer) => {
      if (count === 0) return;
      const alpha = Math.round(255 * (0.1 + 0.9 * Math.sqrt(count / total)));
      pixels.set([...(truth === answer ? RIGHT : WRONG), alpha], 4 * (truth * classes + answer));
    });
  });
  const png = await sharp(pixels, { raw: { width: classes, height: classes, channels: 4 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
  return `<img class="matrix" alt="Confusion matrix of ${classes} classes, in the order of the labels" src="data:image/png;base64,${png.toString('base64')}">`;
}
