import {
  AppError,
  recogniseError,
  type Classifier,
  type ClassifierNotice,
  type ClassifierReport,
  type ClassifyResult,
  type DecodeResult,
} from '@sld-edge/runtime';
import { offlineKeeper, stopKeeping, type OfflineView } from '../offline/registration.ts';
import { pageFolder, scopedNames } from '../offline/scoped-names.ts';
import { readDistrusted, rememberDistrusted } from './distrusted-adapters.ts';
import { byId } from './element.ts';
import { errorCard, type CardAction } from './error-card.ts';
import { MAY_GO_ON, wordsFor, type ErrorSubject } from './error-words.ts';
import { offerInstall } from './install-button.ts';
import { createIntake } from './intake.ts';
import { loadClassifier } from './load-classifier.ts';
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
  status(): { engine: ClassifierReport | null; offline: OfflineView };
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
let engine: ClassifierReport | null = null;
let offline: OfflineView = { phase: 'starting' };
let lastShown = 0;

const folder = pageFolder();
const distrustedKey = scopedNames(folder).stored('distrusted-adapters');

function notice(news: ClassifierNotice): void {
  switch (news.type) {
    case 'demoted': {
      if (news.distrust) rememberDistrusted(news.distrust, distrustedKey);
      const stopped = news.report.rejected.at(-1)!;
      showNotice(text.backendStopped(backendName(stopped.backend), backendName(news.report.backend), stopped.reason));
      return showEngine(news.report);
    }
    case 'threads-lost':
      showNotice(text.threadsLost(news.reason));
      if (engine) engine = { ...engine, threads: 1 };
      return panels.update();
    case 'newest':
      removeNotice(text.staleModel);
      if (news.report.staleReason === null && news.report.version !== engine?.version) showNotice(text.newestModel);
      return void showModel(news.report);
    case 'late':
      // It goes on by itself when it comes.
      return showError(news.error);
  }
}

const panels = createPanels(folder, { build: BUILD, state: () => ({ engine, offline }) });

const reload: CardAction = { label: text.reload, run: () => location.reload() };
const keepOffline = offlineKeeper(BUILD, folder, {
  onState: setOffline,
  onNewBuild: () => showNotice(text.newBuild, reload),
  onNewModel: () => showNotice(text.newModel, reload),
});

let stopping = new AbortController();
let waiting = waitingForModel(() => stopping.abort());
let loading = load();
// Shown below; a caller of `classify` gets it too.
loading.catch(() => undefined);

async function load(): Promise<Classifier> {
  const { backends, ...wanted } = readParameters(location.search);
  return loadClassifier(folder, {
    ...wanted,
    backend: backends ?? 'auto',
    signal: stopping.signal,
    onProgress: (progress) => waiting.show(progress),
    onNotice: notice,
    distrustedAdapters: readDistrusted(distrustedKey),
  });
}

/** Answer to the first image, which may be asked for before there is a model: what it does not need is fetched after it. */
let firstAnswer: Promise<unknown> | undefined;

window.sldEdge = {
  classify(image) {
    const answered = catalogued(async () => {
      requireImage(image);
      const classifier = await loading;
      return classifier.classify(image, { topK: classifier.labels.length });
    });
    firstAnswer ??= answered.catch(() => undefined);
    return answered;
  },
  decode: (image) =>
    catalogued(async () => {
      requireImage(image);
      return (await loading).decode(image);
    }),
  status: () => ({ engine, offline }),
};

function requireImage(image: unknown): void {
  if (!(image instanceof Blob || image instanceof Uint8Array)) throw new AppError('IMAGE_MISSING', {});
}

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
  endCamera();
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

function showEngine(status: ClassifierReport): void {
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

/** Shows the model that answers and, after the first answer, its pictures to try; then asks the service worker to keep it. */
async function showModel(status: ClassifierReport): Promise<void> {
  showEngine(status);
  showSamples(status, (sample) => void classifyAndShow(() => readSample(sample), 'sample'), firstAnswer);
  if (lastShown === 0) body.replaceChildren(invitation(status));
  await firstAnswer;
  const { model, version, variant, backend } = status;
  const isDefault = readParameters(location.search).model === undefined;
  void keepOffline({ model, version, variant, backend, isDefault });
}

function awaitModel(): void {
  if (lastShown === 0) body.replaceChildren(waiting.root);
  loading
    .then((classifier) => showModel(classifier.report()))
    .catch((thrown: unknown) => {
      const goOn = MAY_GO_ON.includes(recogniseError(thrown).code) ? { label: text.goOn, run: startAgain } : undefined;
      showError(thrown, goOn);
      byId('samples').hidden = true;
      setOffline({ phase: 'unsupported', reason: text.noModel });
    });
}

/** Files that came are kept by the library: only the others are asked for. */
function startAgain(): void {
  lastShown = 0;
  stopping = new AbortController();
  waiting = waitingForModel(() => stopping.abort());
  loading = load();
  awaitModel();
}

/** Ends the camera, if it is on. */
let endCamera = (): void => undefined;

/** Shows the camera, and answers what it sees until another picture comes. */
async function startLive(): Promise<void> {
  endCamera();
  const turn = ++lastShown;
  const [{ startCamera }, classifier] = await Promise.all([loadPart('camera'), loading]);
  if (turn !== lastShown) return;
  endCamera = startCamera({
    drop: byId('drop'),
    watch: (video, signal) => classifier.watch(video, { topK: classifier.labels.length, signal }),
    threshold: () => engine?.abstainThreshold ?? null,
    showAnswer: (live) => body.replaceChildren(live),
    announce: (words) => (byId('announcement').textContent = words),
    open,
    onError: showError,
  });
}

byId('live').addEventListener('click', () => void startLive().catch(showError));

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
