import type { FileEntry } from '@sld-edge/runtime';
import type { FetchOptions } from '@sld-edge/runtime/transfer';
import { adoptUnscoped } from './adopt-unscoped.ts';
import { answer, type Place } from './answer.ts';
import { keptParts, type AppPart } from './app-parts.ts';
import { bytesOf, completeSet, deleteOlder, missingFiles, type FileSet } from './file-set.ts';
import type { Activated, KeepRequest, OfflineState } from './messages.ts';
import { describeModel, installedVersion, installModel, removeModel } from './model-set.ts';
import { neededParts } from './needed-parts.ts';
import { scopedNames } from './scoped-names.ts';
import { failureOf, KeepError } from './verified-fetch.ts';

/** A build of the app: files that every visitor needs, and those that only some need. */
export interface AppBuild {
  version: string;
  files: FileEntry[];
  parts: Record<AppPart, FileEntry[]>;
}

export interface KeeperOptions {
  /** The service worker's scope, with a trailing slash. */
  scopeUrl: string;
  build: AppBuild;
  stores: CacheStorage;
  /** Told to every open page of this deployment. */
  tell: (state: OfflineState | Activated) => void;
  transfer?: FetchOptions;
}

/** Work of the service worker, without the browser around it. */
export interface Keeper {
  /** Stores the app's build whole. @throws KeepError, told to the pages before */
  install(): Promise<void>;
  /** Makes this build the one that answers. */
  takeOver(): Promise<void>;
  /** Stores what a page asks for, then says that it is there, or why not. Asked again, it looks at every byte again. */
  keep(wanted: KeepRequest): Promise<void>;
  /** Ends what is being stored, which is told to the pages. What is whole stays: the next time goes on from there. */
  stop(): void;
  /** Removes a model. @returns the reason why it is still there, or null */
  forget(model: string): Promise<string | null>;
  /** @returns null for a request that is none of ours */
  answer(request: Request): Promise<Response> | null;
}

export function createKeeper({ scopeUrl, build, stores, tell, transfer = {} }: KeeperOptions): Keeper {
  const { version: app } = build;
  const names = scopedNames(scopeUrl);
  /** The app with these parts, in one cache: most visitors need none of them. */
  const appWith = (wanted: readonly AppPart[]): FileSet => ({
    cacheName: names.app(app),
    baseUrl: scopeUrl,
    files: [...build.files, ...wanted.flatMap((part) => build.parts[part])],
  });
  const everything = appWith(Object.keys(build.parts) as AppPart[]);
  const place: Place = { scopeUrl, modelsUrl: new URL('models/', scopeUrl).href, names, app: everything, stores, transfer };

  let stopping = new AbortController();

  /** Completes the sets, telling the pages how far it is. */
  const download = async (sets: FileSet[], subject: Partial<KeepRequest>): Promise<void> => {
    const { model, version } = subject;
    const { signal } = stopping;
    const totalBytes = bytesOf(sets.flatMap((set) => set.files));
    const missing: FileEntry[][] = [];
    for (const set of sets) missing.push(await missingFiles(set, stores));
    let doneBytes = totalBytes - bytesOf(missing.flat());
    const onBytes = (bytes: number): void => {
      // What a file that is asked for again brings is not more than the whole.
      doneBytes = Math.min(totalBytes, doneBytes + bytes);
      tell({ phase: 'downloading', app, model, version, doneBytes, totalBytes });
    };
    try {
      for (const [i, set] of sets.entries()) await completeSet(set, missing[i], stores, { ...transfer, signal, onBytes });
    } catch (error) {
      throw signal.aborted ? new KeepError('stopped', 'it was stopped before it was whole') : error;
    }
  };

  const tellFailure = async (error: unknown, { model, version }: Partial<KeepRequest>): Promise<void> => {
    const earlier = model === undefined ? undefined : await installedVersion(model, place).catch(() => undefined);
    tell({ phase: 'failed', app, model, version, ...failureOf(error), earlier });
  };

  return {
    async install() {
      try {
        await download([appWith(await keptParts(names.appPrefix, stores))], {});
      } catch (error) {
        await tellFailure(error, {});
        throw error;
      }
    },
    async takeOver() {
      await adoptUnscoped(place).catch(() => undefined);
      await deleteOlder(names.appPrefix, names.app(app), stores);
      tell({ phase: 'activated', app });
    },
    async keep(wanted) {
      const { model, version } = wanted;
      try {
        const { set, entry, variants } = await describeModel(wanted, place);
        const sets = [appWith(neededParts(variants, wanted.backend)), set];
        await download(sets, wanted);
        await installModel(entry, wanted.isDefault, place);
        const files = sets.flatMap((one) => one.files);
        tell({ phase: 'ready', app, model, version, files: files.length, bytes: bytesOf(files) });
      } catch (error) {
        // The page is told; the event that asked has nobody to reject to.
        await tellFailure(error, wanted);
      }
    },
    stop() {
      stopping.abort();
      stopping = new AbortController();
    },
    async forget(model) {
      try {
        await removeModel(model, place);
        return null;
      } catch (error) {
        return failureOf(error).reason;
      }
    },
    answer: (request) => answer(request, place),
  };
}
