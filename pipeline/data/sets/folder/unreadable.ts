/** Files that give no image: how many may be skipped, and how they are told. */
import { join } from 'node:path';
import { writeFileAtomic } from '../../../support/atomic-write.ts';
import { DatasetError } from '../dataset-error.ts';

export interface Unreadable {
  /** Relative to the data set's folder. */
  path: string;
  /** A code (docs/errors.md, or the file system's) and a sentence. */
  reason: string;
}

/** A few broken files are no reason to refuse a small folder. */
const ALWAYS_SKIPPED = 10;
const SHOWN = 3;

/** @param share of the files that may be unreadable; 0: none, else at least ten */
export function allowedUnreadable(count: number, share: number): number {
  return share === 0 ? 0 : Math.max(ALWAYS_SKIPPED, Math.floor(share * count));
}

/**
 * Writes the list beside the cache and tells it.
 * @param reportFile replaced; one line a file: path, tab, reason
 * @throws DatasetError IMAGES_UNREADABLE if there are more than allowed
 */
export function tellUnreadable(
  root: string,
  unreadable: readonly Unreadable[],
  count: number,
  share: number,
  reportFile: string,
  say: (line: string) => void,
): void {
  if (unreadable.length === 0) return;
  writeFileAtomic(reportFile, unreadable.map(({ path, reason }) => `${path}\t${reason}\n`).join(''));
  const allowed = allowedUnreadable(count, share);
  const examples = unreadable
    .slice(0, SHOWN)
    .map(({ path, reason }) => `${path} (${reason})`)
    .join('; ');
  const told = `${unreadable.length} of ${count} files in ${root} can't be read`;
  if (unreadable.length > allowed)
    throw new DatasetError(
      'IMAGES_UNREADABLE',
      `${told}, allowed: ${allowed} (--max-unreadable ${share}); all are listed in ${reportFile}: ${examples}`,
    );
  for (const { path, reason } of unreadable.slice(0, ALWAYS_SKIPPED)) say(`skipped ${join(root, path)}: ${reason}`);
  say(`${told} and are skipped (allowed: ${allowed}); all are listed in ${reportFile}`);
}
