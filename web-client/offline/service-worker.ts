import type { FileEntry } from '@sld-edge/runtime';
import { answer } from './answer.ts';
import { keptParts, type AppPart } from './app-parts.ts';
import { bytesOf, completeSet, deleteOlder, missingFiles, type FileSet } from './file-set.ts';
import { OFFLINE_CHANNEL, type Activated, type KeepRequest, type OfflineState } from './messages.ts';
import { describeModel, installModel } from './model-set.ts';
import { neededParts } from './needed-parts.ts';
import { failureOf } from './verified-fetch.ts';

/**
 * The service worker: keeps the page and one version of each package in use whole on the device. It is
 * built last (build/offline-plugin.ts), with the list of the app's files and their SHA-256 written in,
 * so that it changes whenever one of them does.
 */

declare const __APP_SET__: { version: string; files: FileEntry[]; parts: Record<AppPart, FileEntry[]> };

const worker = self as unknown as ServiceWorkerGlobalScope;
const scopeUrl = worker.registration.scope;
const modelsUrl = new URL('models/', scopeUrl).href;
const APP_PREFIX = 'sld-edge-app:';
const { version, files: appFiles, parts } = __APP_SET__;
const APP_CACHE = APP_PREFIX + version;
/** The app with these parts, in one cache: most visitors need none of them. */
const appWith = (wanted: AppPart[]): FileSet => ({
  cacheName: APP_CACHE,
  baseUrl: scopeUrl,
  files: [...appFiles, ...wanted.flatMap((part) => parts[part])],
});
const network: typeof fetch = (...args) => fetch(...args);
const channel = new BroadcastChannel(OFFLINE_CHANNEL);
const tell = (state: OfflineState | Activated): void => channel.postMessage(state);

worker.addEventListener('install', (event) => {
  event.waitUntil(
    reportingFailure(async () => {
      await download([appWith(await keptParts(APP_PREFIX, caches))]);
      // The whole set is verified and stored: it takes over, and no page ever sees half of it.
      await worker.skipWaiting();
    }),
  );
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(takeOver());
});

worker.addEventListener('fetch', (event) => {
  const response = answer(event.request, { scopeUrl, appCache: APP_CACHE, stores: caches, request: network });
  if (response) event.respondWith(response);
});

worker.addEventListener('message', (event) => {
  const request = event.data as KeepRequest;
  if (request.type !== 'keep') return;
  // The failure is told to the pages; the event itself has nobody to reject to.
  event.waitUntil(reportingFailure(() => keep(request)).catch(() => undefined));
});

async function takeOver(): Promise<void> {
  await deleteOlder(APP_PREFIX, APP_CACHE, caches);
  await worker.clients.claim();
  tell({ phase: 'activated', app: version });
}

/** Completes the app and the package, then says that both are there. Asked again, it looks again. */
async function keep(wanted: KeepRequest): Promise<void> {
  const { set: model, entry, variants } = await describeModel(modelsUrl, wanted, caches, network);
  const app = appWith(neededParts(variants, wanted.backend));
  await download([app, model]);
  await installModel(modelsUrl, entry, wanted.isDefault, caches);
  const files = [...app.files, ...model.files];
  const { model: name, version: modelVersion } = wanted;
  tell({ phase: 'ready', app: version, model: name, version: modelVersion, files: files.length, bytes: bytesOf(files) });
}

/** Completes the sets, telling the pages how far it is. */
async function download(sets: FileSet[]): Promise<void> {
  const totalBytes = bytesOf(sets.flatMap((set) => set.files));
  const missing = await Promise.all(sets.map((set) => missingFiles(set, caches)));
  let doneBytes = totalBytes - bytesOf(missing.flat());
  for (const set of sets) {
    await completeSet(set, caches, network, (bytes) => {
      doneBytes += bytes;
      tell({ phase: 'downloading', doneBytes, totalBytes });
    });
  }
}

async function reportingFailure(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    tell({ phase: 'failed', ...failureOf(error) });
    throw error;
  }
}
