import type { AppError, Prediction } from '@sld-edge/runtime';

/** The likeliest classes that are kept of an answer: all of a thousand would be a million of a thousand pictures. */
export const KEPT_CLASSES = 5;

/** Outcome for a picture of a batch. */
export interface BatchRecord {
  path: string;
  /** Empty where the picture could not be read. */
  predictions: Prediction[];
  abstained: boolean;
  error?: AppError;
}

export type Filter = 'all' | 'unsure' | 'unread' | { label: string };

/** The surest answer first; what could not be read last; of equals by name, so that an order does not hang on who was faster. */
export function compareRecords(a: BatchRecord, b: BatchRecord): number {
  const probability = ({ predictions }: BatchRecord): number => predictions[0]?.probability ?? -1;
  return probability(b) - probability(a) || (a.path < b.path ? -1 : Number(a.path > b.path));
}

/** @param sorted by `compareRecords` @returns the place where a record belongs */
export function placeOf(record: BatchRecord, sorted: readonly BatchRecord[]): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compareRecords(sorted[middle], record) <= 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

export function passes({ predictions, abstained, error }: BatchRecord, filter: Filter): boolean {
  if (filter === 'all') return true;
  if (filter === 'unread') return error !== undefined;
  if (filter === 'unsure') return abstained;
  return predictions[0]?.label === filter.label;
}

/** Numbers of pictures by likeliest class, the most frequent first, and of those without a sure answer or any. */
export interface Tally {
  classes: [label: string, number: number][];
  unsure: number;
  unread: number;
}

export function tally(records: readonly BatchRecord[]): Tally {
  const classes = new Map<string, number>();
  for (const { predictions } of records)
    if (predictions[0]) classes.set(predictions[0].label, (classes.get(predictions[0].label) ?? 0) + 1);
  return {
    classes: [...classes].sort(([a, more], [b, fewer]) => fewer - more || (a < b ? -1 : 1)),
    unsure: records.filter(({ abstained }) => abstained).length,
    unread: records.filter(({ error }) => error !== undefined).length,
  };
}
