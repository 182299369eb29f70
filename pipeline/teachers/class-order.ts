/**
 * Finds the place of each class of the data among a teacher's outputs, by the labels' names.
 * @param teacher labels in the order of the teacher's outputs; undefined: nothing is stated, the orders count as equal
 * @returns undefined where the orders are equal
 * @throws Error in one line for another number of classes, or names that are not the data's
 */
export function classOrder(
  checkpoint: string,
  teacher: string[] | undefined,
  classes: number,
  data: { name: string; labels: string[] },
): number[] | undefined {
  if (classes !== data.labels.length)
    throw new Error(`teacher ${checkpoint} knows ${classes} classes, ${data.name} has ${data.labels.length}`);
  if (!teacher) return undefined;
  if (teacher.length !== classes) throw new Error(`teacher ${checkpoint} knows ${classes} classes, its labels are ${teacher.length}`);
  const order = data.labels.map((label) => teacher.indexOf(label));
  const missing = data.labels.filter((_, i) => order[i] < 0);
  if (missing.length > 0)
    throw new Error(
      `the labels of teacher ${checkpoint} are not those of ${data.name}: it lacks ${listed(missing)} and has ${listed(teacher.filter((label) => !data.labels.includes(label)))}`,
    );
  if (new Set(order).size !== classes)
    throw new Error(
      `the labels of teacher ${checkpoint} are not one of a kind, as are those of ${data.name}: ${listed(data.labels.filter((label, i) => data.labels.indexOf(label) !== i))} comes twice`,
    );
  return order.every((at, i) => at === i) ? undefined : order;
}

const listed = (labels: string[]): string =>
  `${labels
    .slice(0, 4)
    .map((label) => `"${label}"`)
    .join(', ')}${labels.length > 4 ? ` and ${labels.length - 4} more` : ''}`;
