import { UsageError } from '../support/usage-error.ts';

/**
 * Finds the position of each class of the data among a teacher's outputs, by the labels' names. A teacher may know more classes than the data have.
 * @param teacher labels in the order of the teacher's outputs; undefined: nothing is stated, the orders count as equal
 * @returns undefined where the orders are equal
 * @throws Error in one line where a class of the data is not among the teacher's, with what to type
 */
export function classOrder(
  checkpoint: string,
  teacher: string[] | undefined,
  classes: number,
  data: { name: string; labels: string[] },
): number[] | undefined {
  if (teacher && teacher.length !== classes)
    throw new Error(`teacher ${checkpoint} knows ${classes} classes, its labels are ${teacher.length}`);
  if (!teacher) {
    if (classes === data.labels.length) return undefined;
    throw new UsageError(
      `teacher ${checkpoint} knows ${classes} classes, ${data.name} has ${data.labels.length}, and it states no labels to find them by: ${otherHead(checkpoint)}`,
    );
  }
  const order = data.labels.map((label) => positionOf(label, teacher));
  const missing = data.labels.filter((_, i) => order[i] < 0);
  if (missing.length > 0) {
    const others = teacher.filter((label) => !data.labels.includes(label));
    throw new UsageError(
      `the labels of teacher ${checkpoint} are not those of ${data.name}: it lacks ${listed(missing)} and has ${listed(others)}: ${otherHead(checkpoint)}`,
    );
  }
  if (new Set(order).size !== order.length)
    throw new Error(
      `the labels of teacher ${checkpoint} are not one of a kind, as are those of ${data.name}: ${listed(data.labels.filter((_, i) => order.indexOf(order[i]) !== i))} comes twice`,
    );
  return order.length === classes && order.every((at, i) => at === i) ? undefined : order;
}

/** Advice for other classes: the command to type. */
const otherHead = (checkpoint: string): string =>
  checkpoint.toLowerCase().endsWith('.onnx')
    ? 'name the classes as the data does, or learn from the labels alone by --method ce'
    : `npm run teacher -- --from ${checkpoint}, with the same --data, gives it a head for these classes`;

/** By the same name; else by one that differs in case, dashes or underscores alone, or is one of several with commas between. */
function positionOf(label: string, teacher: readonly string[]): number {
  const exact = teacher.indexOf(label);
  if (exact >= 0) return exact;
  const plain = plainName(label);
  const found = teacher.flatMap((known, i) => ([known, ...known.split(',')].some((name) => plainName(name) === plain) ? [i] : []));
  return found.length === 1 ? found[0] : -1;
}

const plainName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[-_\s]+/g, ' ')
    .trim();

const listed = (labels: string[]): string =>
  `${labels
    .slice(0, 4)
    .map((label) => `"${label}"`)
    .join(', ')}${labels.length > 4 ? ` and ${labels.length - 4} more` : ''}`;
