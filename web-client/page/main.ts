import { recogniseError } from '@sld-edge/runtime';
import { connect, inferenceWorker, type ClassifyResult, type DecodeResult, type EngineStatus } from '@sld-edge/runtime/browser';
import { fetchWhole, isWebPage } from '@sld-edge/runtime/transfer';
import { offlineKeeper, type OfflineView } from '../offline/registration.ts';
import { pageFolder, scopedNames } from '../offline/scoped-names.ts';
import { showDetails } from './details-panel.ts';
import { readDistrusted, rememberDistrusted } from './distrusted-adapters.ts';
import { byId, element } from './element.ts';
import { errorCard, type CardAction } from './error-card.ts';
import { MAY_GO_ON } from './error-words.ts';
import { offerInstall } from './install-button.ts';
import { createIntake, readImage } from './intake.ts';
import { showOffline } from './offline-badge.ts';
import { readParameters } from './parameters.ts';
import { createPreview } from './preview.ts';
import { invitation } from './invitation.ts';
import { backendName, resultView, spokenResult } from './result-view.ts';
import { readSample, showSamples } from './samples.ts';
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
const STALE = 'The newest model is not here yet, so an earlier one answers.';

const folder = pageFolder();
const distrustedKey = scopedNames(folder).stored('distrusted-adapters');

const connection = connect(inferenceWorker, {
  onDemoted(status, distrust) {
    if (distrust) rememberDistrusted(distrust, distrustedKey);
    const { backend, reason } = status.rejected.at(-1)!;
    showNotice(`${backendName(backend)} was stopped; ${backendName(status.backend)} answers from here on. ${reason}`);
    showEngine(status);
  },
  onThreadsLost(reason) {
    showNotice(`One thread answers from here on, with the same numbers: ${reason}.`);
    if (engine) void showDetails((engine = { ...engine, threads: 1 }), offline);
  },
  onNewest(status) {
    removeNotice(STALE);
    if (status.staleReason === null && status.version !== engine?.version)
      showNotice('The newest model has come and answers from here on.');
    showModel(status);
  },
  onProgress: (progress) => waiting.show(progress),
  // It goes on by itself when it comes.
  onLate: showError,
});

const reload: CardAction = { label: 'Reload', run: () => location.reload() };
const keepOffline = offlineKeeper(BUILD, folder, {
  onState: setOffline,
  onNewBuild: () => showNotice('A new version of this page is ready.', reload),
  onNewModel: () => showNotice('Another tab uses a newer model. Reload to use it here.', reload),
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
async function classifyAndShow(read: () => Promise<Blob>): Promise<void> {
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
    askToPersist();
  } catch (thrown) {
    if (turn === lastShown) showError(thrown);
  } finally {
    if (turn === lastShown) answer.removeAttribute('aria-busy');
  }
  answer.scrollIntoView({ block: 'nearest' });
}

/** @param thrown whatever was thrown; shown is an error of the catalogue */
function showError(thrown: unknown, action?: CardAction): void {
  byId('announcement').textContent = '';
  preview.clear();
  byId('drop').classList.remove('filled');
  body.replaceChildren(errorCard(recogniseError(thrown), action));
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
  if (status.quick) showNotice('This model comes from a quick trial run: its answers are not a real result.');
  if (status.canvasNoise) {
    showNotice(
      'This browser alters the pixels that pages read from images (fingerprinting protection), so answers may be off. Allow canvas access for this site to get exact ones.',
    );
  }
  if (status.staleReason) showNotice(`${STALE} ${status.staleReason}`);
  void showDetails(engine, offline);
}

function setOffline(view: OfflineView): void {
  offline = view;
  showOffline(view);
  void showDetails(engine, offline);
}

/** Shows the model that answers, and asks the service worker to keep it. */
function showModel(status: EngineStatus): void {
  showEngine(status);
  showSamples(status, (url) => void classifyAndShow(() => readSample(url)));
  if (lastShown === 0) body.replaceChildren(invitation(status));
  const { model, version, variant, backend } = status;
  const isDefault = readParameters(location.search).model === undefined;
  void keepOffline({ model, version, variant, backend, isDefault });
}

function awaitModel(): void {
  if (lastShown === 0) body.replaceChildren(waiting.root);
  started.then(showModel).catch((thrown: unknown) => {
    const goOn = MAY_GO_ON.includes(recogniseError(thrown).code) ? { label: 'Go on', run: startAgain } : undefined;
    showError(thrown, goOn);
    byId('samples').hidden = true;
    setOffline({ phase: 'unsupported', reason: 'there is no model to keep' });
  });
}

/** Files that came are kept by the worker: only the others are asked for. */
function startAgain(): void {
  lastShown = 0;
  waiting = waitingForModel(connection.stop);
  started = start();
  awaitModel();
}

createIntake((image) => void classifyAndShow(async () => image), showError);
offerInstall();
awaitModel();
// Nothing is thrown past the page's own words.
window.addEventListener('error', (event) => event.error && showError(event.error));
window.addEventListener('unhandledrejection', (event) => showError(event.reason));

/**
 * Shows a line above the page's content that stays; the same line is not shown twice.
 *
 * @param action a button beside it
 */
function showNotice(text: string, action?: CardAction): void {
  const root = byId('notices');
  if ([...root.children].some((notice) => notice.firstElementChild?.textContent === text)) return;
  const notice = element('div', { class: 'notice' }, element('p', {}, text));
  if (action) {
    const button = element('button', { type: 'button' }, action.label);
    button.addEventListener('click', action.run);
    notice.append(button);
  }
  root.append(notice);
}

function removeNotice(beginning: string): void {
  for (const notice of byId('notices').querySelectorAll('.notice')) if (notice.textContent.startsWith(beginning)) notice.remove();
}
