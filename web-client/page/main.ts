import { recogniseError } from '@sld-edge/runtime';
import {
  connect,
  inferenceWorker,
  type ClassifyResult,
  type DecodeResult,
  type EngineStatus,
  type PageBackendName,
} from '@sld-edge/runtime/browser';
import { fetchWhole, isWebPage } from '@sld-edge/runtime/transfer';
import { offlineKeeper, type OfflineView } from '../offline/registration.ts';
import { stopKeeping } from '../offline/requests.ts';
import { pageFolder, scopedNames } from '../offline/scoped-names.ts';
import type { Measurable } from './device/measure-backend.ts';
import { readDistrusted, rememberDistrusted } from './distrusted-adapters.ts';
import { byId } from './element.ts';
import { errorCard, type CardAction } from './error-card.ts';
import { MAY_GO_ON, wordsFor, type ErrorSubject } from './error-words.ts';
import { offerInstall } from './install-button.ts';
import { createIntake, readImage } from './intake.ts';
import { showOffline } from './offline-badge.ts';
import { readParameters } from './parameters.ts';
import { createPreview } from './preview.ts';
import { invitation } from './invitation.ts';
import { removeNotice, showNotice } from './notices.ts';
import { createPanels } from './panels.ts';
import { loadPart } from './parts.ts';
import { backendName, resultView, spokenResult } from './result-view.ts';
import { readSample, showSamples } from './samples.ts';
import { PAGE_TEXT as text } from './strings.ts';
import { waitingForModel } from './waiting.ts';

/** Interface of the page for scripts: the same path as a click takes. Described in docs/web-client.md. */
export interface SldEdge {
  classify(image: Blob | Uint8Array<ArrayBuffer>): Promise<ClassifyResult>;
  /** The RGB pixels that the image policy makes of a file (docs/images.md). */
  decode(image: Blob | Uint8Array<ArrayBuffer>): Promise<DecodeResult>;
  status(): { engine: EngineStatus | null; offline: OfflineView };
}

declare global {
  interface Window {
    sldEdge: SldEdge;
  }
}

const BUILD = document.querySelector<HTMLMetaElement>('meta[name=build]')!.content;
const preview = createPreview(byId('preview'));
const answer = byId('answer');
const body = byId('answer-body');
let engine: EngineStatus | null = null;
let offline: OfflineView = { phase: 'starting' };
let lastShown = 0;
/** The service worker, where there is one, waits for as long before it gives the index of what is on the device. */
const INDEX_STALL_MS = 3500;

const folder = pageFolder();
const distrustedKey = scopedNames(folder).stored('distrusted-adapters');

const connection = connect(inferenceWorker, {
  onDemoted(status, distrust) {
    if (distrust) rememberDistrusted(distrust, distrustedKey);
    const { backend, reason } = status.rejected.at(-1)!;
    showNotice(text.backendStopped(backendName(backend), backendName(status.backend), reason));
    showEngine(status);
  },
  onThreadsLost(reason) {
    showNotice(text.threadsLost(reason));
    if (engine) engine = { ...engine, threads: 1 };
    panels.update();
  },
  onNewest(status) {
    removeNotice(text.staleModel);
    if (status.staleReason === null && status.version !== engine?.version) showNotice(text.newestModel);
    showModel(status);
  },
  onProgress: (progress) => waiting.show(progress),
  // It goes on by itself when it comes.
  onLate: showError,
});

const panels = createPanels(folder, { build: BUILD, state: () => ({ engine, offline }), open: openForMeasuring });

/** Makes another classifier of the model that answers, on one backend, which answers for a sample of the package. */
async function openForMeasuring(backend: PageBackendName, signal: AbortSignal): Promise<Measurable> {
  const { model, variant, samples } = engine!;
  const bytes = new Uint8Array(await (await readSample(samples[0])).arrayBuffer());
  const worker = inferenceWorker();
  signal.addEventListener('abort', () => worker.terminate());
  const measured = connect(() => worker);
  await measured.start({ model, variant, backends: [backend], modelsUrl: new URL('models/', folder).href, distrustedAdapters: [] });
  return { inferenceMs: async () => (await measured.classify(bytes)).timingMs.inference, dispose: () => worker.terminate() };
}

const reload: CardAction = { label: text.reload, run: () => location.reload() };
const keepOffline = offlineKeeper(BUILD, folder, {
  onState: setOffline,
  onNewBuild: () => showNotice(text.newBuild, reload),
  onNewModel: () => showNotice(text.newModel, reload),
});

let waiting = waitingForModel(connection.stop);
let started = start();
// Shown below; a caller of `classify` gets it too.
started.catch(() => undefined);

async function start(): Promise<EngineStatus> {
  const parameters = readParameters(location.search);
  const modelsUrl = new URL('models/', folder).href;
  const index = await fetchIndex(modelsUrl);
  return connection.start({ ...parameters, modelsUrl, index, distrustedAdapters: readDistrusted(distrustedKey) });
}

/** The document preloads it. @returns undefined where it does not come at once: the worker asks again, and says what is wrong */
async function fetchIndex(modelsUrl: string): Promise<Uint8Array | undefined> {
  try {
    const { response, bytes } = await fetchWhole(`${modelsUrl}index.json`, {}, { stallMs: INDEX_STALL_MS });
    return response.ok && !isWebPage(response) ? bytes : undefined;
  } catch {
    return undefined;
  }
}

window.sldEdge = {
  classify: (image) =>
    catalogued(async () => {
      await started;
      return connection.classify(await readImage(image));
    }),
  decode: (image) => catalogued(async () => connection.decode(await readImage(image))),
  status: () => ({ engine, offline }),
};

/** Nothing but an error of the catalogue reaches a caller. */
async function catalogued<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    throw recogniseError(thrown);
  }
}

/** Classifies and shows the answer, or the error; the image asked for last is the one shown. */
async function classifyAndShow(read: () => Promise<Blob>, subject?: ErrorSubject): Promise<void> {
  const turn = ++lastShown;
  answer.setAttribute('aria-busy', 'true');
  try {
    const image = await read();
    const result = await window.sldEdge.classify(image);
    if (turn !== lastShown) return;
    preview.show(image, result);
    byId('drop').classList.add('filled');
    body.replaceChildren(resultView(result));
    byId('announcement').textContent = spokenResult(result);
    void offerActions(result, image);
    askToPersist();
  } catch (thrown) {
    if (turn === lastShown) showError(thrown, undefined, subject);
  } finally {
    if (turn === lastShown) answer.removeAttribute('aria-busy');
  }
  answer.scrollIntoView({ block: 'nearest' });
}

/** Puts what may be done with an answer below it, once it is seen. */
async function offerActions(result: ClassifyResult, image: Blob): Promise<void> {
  const shown = body.firstElementChild;
  try {
    const { answerActions } = await loadPart('answerActions');
    shown?.append(answerActions(result, image, { title: document.title, folder, onError: showError }));
  } catch (thrown) {
    // The answer stays.
    const { title, advice } = wordsFor(recogniseError(thrown).code, location.search);
    showNotice(`${title}. ${advice}`);
  }
}

/** @param thrown whatever was thrown; shown is an error of the catalogue */
function showError(thrown: unknown, action?: CardAction, subject?: ErrorSubject): void {
  byId('announcement').textContent = '';
  preview.clear();
  byId('drop').classList.remove('filled');
  body.replaceChildren(errorCard(recogniseError(thrown), action, subject));
}

/** Asks the browser not to remove what is stored when room is short. */
function askToPersist(): void {
  try {
    navigator.storage?.persist?.().catch(() => undefined);
  } catch {
    // A browser that refuses storage has nothing to keep.
  }
}

function showEngine(status: EngineStatus): void {
  engine = status;
  document.title = status.title;
  byId('title').textContent = status.title;
  if (status.quick) showNotice(text.quickModel);
  if (status.canvasNoise) showNotice(text.alteredPixels);
  if (status.staleReason) showNotice(`${text.staleModel} ${status.staleReason}`);
  panels.update();
}

function setOffline(view: OfflineView): void {
  offline = view;
  showOffline(view, () => void stopKeeping(folder));
  panels.update();
}

/** Shows the model that answers, and asks the service worker to keep it. */
function showModel(status: EngineStatus): void {
  showEngine(status);
  showSamples(status, (sample) => void classifyAndShow(() => readSample(sample), 'sample'));
  if (lastShown === 0) body.replaceChildren(invitation(status));
  const { model, version, variant, backend } = status;
  const isDefault = readParameters(location.search).model === undefined;
  void keepOffline({ model, version, variant, backend, isDefault });
}

function awaitModel(): void {
  if (lastShown === 0) body.replaceChildren(waiting.root);
  started.then(showModel).catch((thrown: unknown) => {
    const goOn = MAY_GO_ON.includes(recogniseError(thrown).code) ? { label: text.goOn, run: startAgain } : undefined;
    showError(thrown, goOn);
    byId('samples').hidden = true;
    setOffline({ phase: 'unsupported', reason: text.noModel });
  });
}

/** Files that came are kept by the worker: only the others are asked for. */
function startAgain(): void {
  lastShown = 0;
  waiting = waitingForModel(connection.stop);
  started = start();
  awaitModel();
}

const open = (image: Blob): void => void classifyAndShow(async () => image);

createIntake({
  onOne: open,
  onMany: (given) =>
    void loadPart('batch')
      .then(({ startBatch }) =>
        startBatch(given, { root: document.querySelector('main')!, classify: window.sldEdge.classify, open, onError: showError }),
      )
      .catch(showError),
  onWords: (words) =>
    void classifyAndShow(async () => {
      const { pictureOfWords } = await loadPart('pictureOfWords');
      return pictureOfWords(words, location.origin);
    }),
});
offerInstall();
awaitModel();
// Nothing is thrown past the page's own words.
window.addEventListener('error', (event) => event.error && showError(event.error));
window.addEventListener('unhandledrejection', (event) => showError(event.reason));
