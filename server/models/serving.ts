import { loadModelIndex, toAppError } from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';
import type { LoadedModels } from '../app.ts';
import type { InferencePool } from '../inference/pool.ts';
import type { InferenceSetup } from '../inference/protocol.ts';
import type { Log } from '../log.ts';
import { createCatalogue, loadCatalogue, setupOf, type ModelCatalogue } from './catalogue.ts';
import { createGenerations } from './generations.ts';
import { offersTheSame, planReload, type Probe } from './plan-reload.ts';

export type ReloadResult = 'loaded' | 'unchanged' | 'refused';

export interface ServingOptions {
  /** Everything of a worker's setup but the packages. */
  setup: Omit<InferenceSetup, 'packages'>;
  log: Log;
  /** Starts workers that have matched the goldens of all packages that the pool does not name as refused. */
  createPool: (setup: InferenceSetup, workers?: number) => Promise<InferencePool>;
  /** Told when the first packages are verified and their goldens are next. */
  onVerified: () => void;
  onReload: (result: ReloadResult) => void;
}

/** Models that are served, and how others take their place while requests are answered. */
export interface Serving {
  readonly models: LoadedModels;
  /** Begins a request: the models that it finds stay until the returned function is called. */
  hold(): () => void;
  /** @throws AppError of the first package if none can be served */
  load(): Promise<void>;
  /**
   * Loads what the index names now into new workers, and exchanges them for those that serve when the goldens matched. Never rejects: what is
   * bad is refused, and what was good stays.
   *
   * @param cause for the log
   */
  reload(cause: string): Promise<void>;
  close(): void;
}

export function createServing({ setup, log, createPool, onVerified, onReload }: ServingOptions): Serving {
  const { modelsDir } = setup;
  const generations = createGenerations();
  const models: LoadedModels = { catalogue: null, pool: null };
  let isClosed = false;
  let reloading = Promise.resolve();
  let isWaiting = false;

  /** @returns when the former workers have answered everything */
  const serve = async (catalogue: ModelCatalogue, pool: InferencePool): Promise<void> => {
    if (isClosed) return void pool.close();
    // Both before a request can look.
    const gone = generations.replace(
      pool,
      catalogue.packages.map(({ manifest }) => manifest),
    );
    models.catalogue = catalogue;
    models.pool = generations.pool;
    await gone;
  };
  const logRefused = ({ refused }: ModelCatalogue): void => {
    for (const { name, version, error } of refused)
      log({ event: 'package-refused', level: 'error', model: name, version, code: error.code, message: error.message });
  };
  const probe: Probe = async (packages) => {
    const pool = await createPool(setupOf(packages, setup), 1);
    await pool.close();
    return pool.refused;
  };

  const exchange = async (cause: string): Promise<void> => {
    const startedAt = performance.now();
    const before = models.catalogue;
    if (isClosed || before === null || models.pool === null) return;
    try {
      const catalogue = await planReload(before, await loadModelIndex(readFolder(modelsDir)), modelsDir, probe);
      logRefused(catalogue);
      const result: ReloadResult = offersTheSame(before, catalogue) ? 'unchanged' : 'loaded';
      let gone = Promise.resolve();
      if (result === 'unchanged') models.catalogue = catalogue;
      else {
        const pool = await createPool(setupOf(catalogue.packages, setup));
        if (pool.refused.length > 0) {
          await pool.close();
          throw pool.refused[0].error;
        }
        gone = serve(catalogue, pool);
      }
      log({ event: 'reloaded', cause, result, ms: Math.round(performance.now() - startedAt), models: namesOf(catalogue) });
      onReload(result);
      await gone;
    } catch (thrown) {
      const { code, message } = toAppError(thrown);
      log({ event: 'reload-refused', level: 'error', cause, code, message });
      onReload('refused');
    }
  };

  return {
    models,
    hold: generations.hold,
    async load() {
      const verified = await loadCatalogue(modelsDir);
      models.catalogue = verified;
      onVerified();
      const pool = await createPool(setupOf(verified.packages, setup));
      const isBad = (name: string, version: string): boolean => pool.refused.some((bad) => bad.name === name && bad.version === version);
      const good = verified.packages.filter(({ manifest }) => !isBad(manifest.name, manifest.version));
      if (good.length === 0) await pool.close();
      const catalogue = createCatalogue(verified.index, good, [...verified.refused, ...pool.refused]);
      logRefused(catalogue);
      await serve(catalogue, pool);
    },
    reload(cause) {
      // One that waits reads the index when its turn comes: a second would read the same.
      if (isWaiting) return reloading;
      isWaiting = true;
      reloading = reloading.then(() => {
        isWaiting = false;
        return exchange(cause);
      });
      return reloading;
    },
    close() {
      isClosed = true;
      generations.close();
    },
  };
}

const namesOf = ({ packages }: ModelCatalogue): string[] => packages.map(({ manifest }) => `${manifest.name}@${manifest.version}`);
