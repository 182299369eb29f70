/** Submits what a grid still lacks, and follows it to its end. The scheduler's queue and the store are all that is remembered. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlannedGrid } from '../comparison/planned/plan.ts';
import { listEnded } from '../comparison/planned/stored-cell.ts';
import type { Store } from '../store/store.ts';
import { createProgress, type Progress } from '../support/progress.ts';
import { mayPass } from '../support/try-again.ts';
import type { CellJob, Scheduler } from './scheduler.ts';

export interface FollowOptions {
  grid: PlannedGrid;
  store: Store;
  scheduler: Scheduler;
  job: CellJob;
  /** Cells that are not wanted: finished on this machine. */
  finished: ReadonlySet<number>;
  say(line: string): void;
  pollMs?: number;
  progress?: Progress;
}

const POLL_MS = 5000;
/** Polls in a row in which a cell must be without a result and unknown to the scheduler before it is taken for ended. */
const SEEN_ENDED = 3;
/** Polls in a row that may fail. */
const MOST_FAILURES = 60;

/**
 * Follows a grid until each cell has a result or a failure, or has ended without one.
 * @returns numbers of the cells that the scheduler gave up without a result
 * @throws Error where the scheduler or the store does not answer for five minutes
 */
export async function followGrid({
  grid,
  store,
  scheduler,
  job,
  finished,
  say,
  pollMs = POLL_MS,
  progress = createProgress(job.name),
}: FollowOptions): Promise<number[]> {
  const open = async (): Promise<number[]> => {
    const ended = await listEnded(store, grid);
    return grid.cells.flatMap((cell, i) => (finished.has(i) || ended.has(cell.id) ? [] : [i]));
  };
  const live = await scheduler.live(job);
  const missing = (await open()).filter((cell) => !live.has(cell));
  if (missing.length > 0) {
    await scheduler.submit(job, missing);
    say(`submitted ${missing.length} of ${grid.cells.length} cells as ${job.name}; output: ${scheduler.logs(job)}`);
  } else say(`${job.name}: all cells without a result are queued or running already`);
  let failures = 0;
  let endedPolls = 0;
  try {
    for (;;) {
      try {
        const queued = await scheduler.live(job);
        // After the queue: what ended in between has left its result by then.
        const left = await open();
        if (left.length === 0) return [];
        const known = left.filter((cell) => queued.has(cell));
        endedPolls = known.length === 0 ? endedPolls + 1 : 0;
        if (endedPolls === SEEN_ENDED) return left;
        const count = grid.cells.length;
        progress.update((count - left.length) / count, `${count - left.length} of ${count} cells, ${known.length} queued or running`);
        failures = 0;
      } catch (error) {
        if (!mayPass(error) || ++failures === MOST_FAILURES) throw error;
        say(`${(error as Error).message}; asking again`);
      }
      await sleep(pollMs);
    }
  } finally {
    progress.done();
  }
}
