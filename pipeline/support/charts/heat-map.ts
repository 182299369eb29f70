/** A confusion matrix as SVG text: true classes in rows, answers in columns; what is right in one colour, what is wrong in another. */
import { CHARACTER, escape, fitted, px, svg } from './svg.ts';

/** Largest number of names that are legible beside the rows. */
const MOST_NAMES = 30;
const NAME = 18;

/** @param counts `[true class][answer]` */
export function heatMap(title: string, counts: readonly (readonly number[])[], labels: readonly string[]): string {
  const classes = labels.length;
  const named = classes <= MOST_NAMES;
  const cell = named ? Math.max(16, Math.min(34, Math.floor(480 / classes))) : Math.max(4, Math.floor(620 / classes));
  const side = cell * classes;
  const widest = Math.min(NAME, Math.max(...labels.map((label) => label.length)));
  const [left, top] = [14 + CHARACTER * widest + 16, 10];
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const cells = counts.flatMap((row, truth) =>
    row.flatMap((count, answer) => {
      if (count === 0) return [];
      const share = count / totals[truth];
      const text = `${labels[truth]} taken for ${labels[answer]}: ${count} of ${totals[truth]} (${(100 * share).toFixed(1)} %)`;
      // Of a few in a hundred the root is still seen.
      return [
        `<rect class="${truth === answer ? 'right' : 'wrong'}" x="${answer * cell}" y="${truth * cell}" width="${cell}" height="${cell}" opacity="${(0.06 + 0.94 * Math.sqrt(share)).toFixed(2)}"><title>${escape(truth === answer ? text.replace(/ taken for .*?: /, ' right: ') : text)}</title></rect>`,
      ];
    }),
  );
  const figures =
    named && cell >= 22
      ? counts.flatMap((row, truth) =>
          row.flatMap((count, answer) =>
            count > 0
              ? [
                  `<text x="${answer * cell + cell / 2}" y="${truth * cell + cell / 2 + 4}" text-anchor="middle" style="font-size:10px;pointer-events:none">${count > 999 ? `${(count / 1000).toFixed(1)}k` : count}</text>`,
                ]
              : [],
          ),
        )
      : [];
  const every = named ? 1 : Math.ceil(14 / cell) + 3;
  const shown = labels.map((_, i) => i).filter((i) => i % every === 0);
  const below = 34 + 0.72 * CHARACTER * Math.min(NAME, Math.max(...shown.map((i) => labels[i].length)));
  const rowNames = shown.map(
    (i) =>
      `<text class="tick" x="${px(left - 6)}" y="${px(top + i * cell + cell / 2 + 4)}" text-anchor="end">${fitted(labels[i], NAME)}</text>`,
  );
  const columnNames = shown.map(
    (i) =>
      `<text class="tick" text-anchor="end" transform="translate(${px(left + i * cell + cell / 2 + 3)} ${px(top + side + 12)}) rotate(-45)">${fitted(labels[i], NAME)}</text>`,
  );
  const frame = `<rect x="${px(left)}" y="${top}" width="${side}" height="${side}" fill="none" class="axis"/>`;
  const captions = `<text class="tick" text-anchor="middle" transform="translate(11 ${px(top + side / 2)}) rotate(-90)">true class</text><text class="tick" text-anchor="middle" x="${px(left + side / 2)}" y="${px(top + side + below)}">answer</text>`;
  return svg(title, left + side + 10, top + side + below + 6, [
    `<g transform="translate(${px(left)} ${top})" fill="currentColor">${cells.join('')}${figures.join('')}</g>`,
    frame,
    ...rowNames,
    ...columnNames,
    captions,
  ]);
}

export interface Confusion {
  truth: string;
  answer: string;
  count: number;
  /** Fraction of the images of the true class. */
  share: number;
}

/** Most frequent confusions, the most frequent first; ties in the order of the classes. */
export function mostConfused(counts: readonly (readonly number[])[], labels: readonly string[], most: number): Confusion[] {
  return counts
    .flatMap((row, truth) => {
      const total = row.reduce((sum, count) => sum + count, 0);
      return row.flatMap((count, answer) =>
        count > 0 && answer !== truth ? [{ truth: labels[truth], answer: labels[answer], count, share: count / total }] : [],
      );
    })
    .sort((a, b) => b.count - a.count)
    .slice(0, most);
}
