import { AppError } from '@sld-edge/runtime';
import type { InferencePool } from '../inference/pool.ts';

/** Pool that answers for models, whichever workers have them at the moment. */
export type ServingPool = Omit<InferencePool, 'close' | 'refused'>;

interface Generation {
  pool: InferencePool;
  /** `name@version` */
  offered: ReadonlySet<string>;
  /** Requests that began while it was the newest, and have no answer yet. */
  requests: number;
  isFormer: boolean;
  gone: () => void;
}

/** Pools of workers that follow one another: a request keeps those which it began with. */
export interface Generations {
  readonly pool: ServingPool;
  /** Begins a request; the returned function ends it. */
  hold(): () => void;
  /**
   * Makes a pool the newest.
   *
   * @returns when the one before has answered everything and is closed
   */
  replace(pool: InferencePool, offered: readonly { name: string; version: string }[]): Promise<void>;
  close(): void;
}

export function createGenerations(): Generations {
  let newest: Generation | undefined;
  const all = new Set<Generation>();
  const closeIfDone = (generation: Generation): void => {
    if (!generation.isFormer || generation.requests > 0 || !all.delete(generation)) return;
    void generation.pool.close();
    generation.gone();
  };
  const current = (): Generation => {
    if (!newest) throw new AppError('NOT_READY', { state: 'the models are loading' });
    return newest;
  };
  /** The newest where it has the model, else the one that the request began with. */
  const having = (model: string, version: string): Generation =>
    [...all].findLast(({ offered }) => offered.has(`${model}@${version}`)) ?? current();
  const sum = (count: (pool: InferencePool) => number): number => [...all].reduce((total, { pool }) => total + count(pool), 0);

  return {
    pool: {
      classify: (job, abandoned) => having(job.model, job.version).pool.classify(job, abandoned),
      requireCapacity: () => current().pool.requireCapacity(),
      alive: () => current().pool.alive(),
      busy: () => sum((pool) => pool.busy()),
      queued: () => sum((pool) => pool.queued()),
      residentBytes: () => sum((pool) => pool.residentBytes()),
      get warmed() {
        return current().pool.warmed;
      },
      get jpeg() {
        return current().pool.jpeg;
      },
    },
    hold() {
      const held = newest;
      if (!held) return () => undefined;
      held.requests++;
      return () => {
        held.requests--;
        closeIfDone(held);
      };
    },
    replace(pool, offered) {
      const former = newest;
      newest = {
        pool,
        offered: new Set(offered.map(({ name, version }) => `${name}@${version}`)),
        requests: 0,
        isFormer: false,
        gone: () => undefined,
      };
      all.add(newest);
      if (!former) return Promise.resolve();
      return new Promise((resolve) => {
        former.gone = resolve;
        former.isFormer = true;
        closeIfDone(former);
      });
    },
    close() {
      for (const { pool } of all) void pool.close();
    },
  };
}
