import { createKeeper, type AppBuild } from './keeper.ts';
import type { ForgetRequest, KeepRequest, StopRequest } from './messages.ts';
import { scopedNames } from './scoped-names.ts';

/**
 * The service worker: keeps the page and one version of each package in use whole on the device. It is
 * built last (build/offline-plugin.ts), with the list of the app's files and their SHA-256 written in,
 * so that it changes whenever one of them does.
 */

declare const __APP_SET__: AppBuild;

const worker = self as unknown as ServiceWorkerGlobalScope;
const scopeUrl = worker.registration.scope;
const channel = new BroadcastChannel(scopedNames(scopeUrl).channel);
const keeper = createKeeper({ scopeUrl, build: __APP_SET__, stores: caches, tell: (state) => channel.postMessage(state) });

worker.addEventListener('install', (event) => {
  // The whole set is verified and stored: it takes over, and no page ever sees half of it.
  event.waitUntil(keeper.install().then(() => worker.skipWaiting()));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(worker.clients.claim().then(() => keeper.takeOver()));
});

worker.addEventListener('fetch', (event) => {
  const response = keeper.answer(event.request);
  if (response) event.respondWith(response);
});

worker.addEventListener('message', (event) => {
  const request = event.data as KeepRequest | StopRequest | ForgetRequest;
  if (request.type === 'keep') event.waitUntil(keeper.keep(request));
  if (request.type === 'stop') keeper.stop();
  if (request.type === 'forget') event.waitUntil(keeper.forget(request.model).then((reason) => event.ports[0]?.postMessage(reason)));
});
