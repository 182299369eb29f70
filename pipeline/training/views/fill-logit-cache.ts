/** Makes the files of a cache that are not there yet: whole or not at all, and going on where an interruption left them. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { createProgress, type Progress } from '../../support/progress.ts';
import { imageSetHandle } from '../../data/sets/image-set.ts';
import { PUBLISHED, type Augmentation } from '../../data/augmentation/index.ts';
import type { ViewName } from '../../distillers/index.ts';
import type { Engine } from '../../engines/engine.ts';
import { writeFileAtomic } from '../../support/atomic-write.ts';
import { defaultCacheDir } from '../../support/cache-dir.ts';
import { writeWhole } from '../../support/whole-io.ts';
import { acquireLock, type FileLock } from '../../support/file-lock.ts';
import { createBatchSource } from './batches.ts';
import type { RunData } from '../../data/run-data.ts';
import type { Teacher } from '../../teachers/teacher.ts';
import { cacheKey } from './logit-cache-key.ts';
import { logitFile, type LogitCacheHandle } from './logit-cache.ts';

/** Images asked about at once. */
const BATCH = 64;

export interface FillOptions {
  teacher: Teacher;
  data: RunData;
  /** Sets of views, at least 1. */
  sets: number;
  views: readonly ViewName[];
  /** Default: the published one. */
  augmentation?: Augmentation;
  engine: Engine;
  workers: number;
  say(line: string): void;
  /** Default: the cache folder of the product. */
  cacheDir?: string;
  progress?: Progress;
}

/**
 * The cache of a teacher's logits, complete for the sets and views asked for; other sets and views of the same key are shared.
 * @throws Error if the disk is full or the teacher fails; what was made stays and is continued
 */
export async function fillLogitCache(options: FillOptions): Promise<LogitCacheHandle> {
  const { teacher, data, sets, views, say } = options;
  const key = cacheKey(teacher, data, options.engine, options.augmentation);
  const folder = join(options.cacheDir ?? defaultCacheDir(), 'teacher-logits', key.digest);
  const handle: LogitCacheHandle = { folder, rows: data.train.count, classes: teacher.classes, sets };
  const missing = (): Entry[] => entriesOf(sets, views).filter(({ set, view }) => !isWhole(logitFile(folder, set, view), handle));
  if (missing().length > 0) {
    mkdirSync(folder, { recursive: true });
    writeFileAtomic(join(folder, 'about.json'), `${JSON.stringify(key.parts, null, 2)}\n`);
    await using lock = await acquireLock(join(folder, 'lock'), {
      onWait: (holder) => say(`teacher cache: ${holder} has begun to fill ${folder}: waiting for it`),
    });
    const left = missing();
    if (left.length > 0) await fill(left, handle, lock, options);
  }
  const bytes = sets * views.length * handle.rows * handle.classes * 4;
  say(
    `teacher cache: ${sets} set${sets === 1 ? '' : 's'} of ${views.join(' and ')} views, ${(bytes / 2 ** 20).toFixed(1)} MiB in ${folder}`,
  );
  return handle;
}

interface Entry {
  set: number;
  view: ViewName;
}

const entriesOf = (sets: number, views: readonly ViewName[]): Entry[] =>
  Array.from({ length: sets }, (_, i) => views.map((view) => ({ set: i + 1, view }))).flat();

const isWhole = (path: string, { rows, classes }: LogitCacheHandle): boolean =>
  existsSync(path) && statSync(path).size === rows * classes * 4;

async function fill(
  entries: Entry[],
  handle: LogitCacheHandle,
  lock: FileLock,
  { teacher, data, sets, views, augmentation = PUBLISHED, engine, workers, say, progress = createProgress('teacher cache') }: FillOptions,
): Promise<void> {
  const { folder, rows, classes } = handle;
  const starts = entries.map(({ set, view }) => rowsOf(`${logitFile(folder, set, view)}.part`, handle));
  const total = entries.length * rows;
  let done = starts.reduce((sum, start) => sum + start, 0);
  say(
    `teacher cache: asking the teacher about ${(total - done).toLocaleString('en')} views${done > 0 ? ` (${done.toLocaleString('en')} are there)` : ''}, ${((total * classes * 4) / 2 ** 20).toFixed(1)} MiB on disk`,
  );
  const source = createBatchSource(
    {
      engine: engine.handle,
      train: imageSetHandle(data.train),
      preprocessing: data.preprocessing,
      views,
      seed: 0,
      viewSets: sets,
      augmentation,
      teacher: teacher.handle,
    },
    workers,
  );
  try {
    for (const [i, { set, view }] of entries.entries()) {
      const path = logitFile(folder, set, view);
      const part = openSync(`${path}.part`, starts[i] > 0 ? 'r+' : 'w');
      try {
        let at = starts[i];
        const batches = Array.from({ length: Math.ceil((rows - at) / BATCH) }, (_, b) => {
          const first = at + b * BATCH;
          return Uint32Array.from({ length: Math.min(BATCH, rows - first) }, (_, k) => first + k);
        });
        for await (const { teacherLogits } of source.epoch(set, batches, [view])) {
          lock.assertHeld();
          writeWhole(part, new Uint8Array(teacherLogits!.buffer, teacherLogits!.byteOffset, teacherLogits!.byteLength), at * classes * 4);
          at += teacherLogits!.length / classes;
          done += teacherLogits!.length / classes;
          progress.update(done / total, `set ${set} of ${sets}, ${view} views`);
        }
        fsyncSync(part);
      } finally {
        closeSync(part);
      }
      lock.assertHeld();
      renameSync(`${path}.part`, path);
    }
  } finally {
    progress.done();
    await source.close();
  }
}

/** Rows of an interrupted file that are whole; a row that was cut is taken off. */
function rowsOf(part: string, { rows, classes }: LogitCacheHandle): number {
  if (!existsSync(part)) return 0;
  const whole = Math.min(rows, Math.floor(statSync(part).size / (4 * classes)));
  truncateSync(part, whole * 4 * classes);
  return whole;
}
