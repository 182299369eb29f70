import { recogniseError } from '@sld-edge/runtime';
import { connect } from '../inference/connection.ts';
import type { ClassifyResult, DecodeResult, EngineStatus } from '../inference/protocol.ts';
import { keepOffline, type OfflineView } from '../offline/registration.ts';
import { showDetails } from './details-panel.ts';
import { readDistrusted, rememberDistrusted } from './distrusted-adapters.ts';
import { byId, element } from './element.ts';
import { errorCard } from './error-card.ts';
import { offerInstall } from './install-button.ts';
import { createIntake, readImage } from './intake.ts';
import { showOffline } from './offline-badge.ts';
import { readParameters } from './parameters.ts';
import { createPreview } from './preview.ts';
import { invitation } from './invitation.ts';
import { backendName, resultView, spokenResult } from './result-view.ts';
import { readSample, showSamples } from './samples.ts';

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

const connection = connect(
  new Worker(new URL('../inference/worker.ts', import.meta.url), { type: 'module', name: 'inference' }),
  (status, distrust) => {
    if (distrust) rememberDistrusted(distrust);
    const { backend, reason } = status.rejected.at(-1)!;
    showNotice(`${backendName(backend)} was stopped; ${backendName(status.backend)} answers from here on. ${reason}`);
    showEngine(status);
  },
  (reason) => {
    showNotice(`One thread answers from here on, with the same numbers: ${reason}.`);
    if (engine) void showDetails((engine = { ...engine, threads: 1 }), offline);
  },
);

const started = (async () => {
  const parameters = readParameters(location.search);
  const modelsUrl = new URL('./models/', document.baseURI).href;
  return connection.start({ ...parameters, modelsUrl, distrustedAdapters: readDistrusted() });
})();

window.sldEdge = {
  async classify(image) {
    await started;
    return connection.classify(await readImage(image));
  },
  decode: async (image) => connection.decode(await readImage(image)),
  status: () => ({ engine, offline }),
};

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
    void navigator.storage?.persist?.();
  } catch (thrown) {
    if (turn === lastShown) showError(thrown);
  } finally {
    if (turn === lastShown) answer.removeAttribute('aria-busy');
  }
  answer.scrollIntoView({ block: 'nearest' });
}

/** @param thrown whatever was thrown; shown is an error of the catalogue */
function showError(thrown: unknown): void {
  byId('announcement').textContent = '';
  preview.clear();
  byId('drop').classList.remove('filled');
  body.replaceChildren(errorCard(recogniseError(thrown)));
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
  if (status.staleReason) showNotice(`The newest model could not be loaded, so an earlier one answers. ${status.staleReason}`);
  void showDetails(engine, offline);
}

function setOffline(view: OfflineView): void {
  offline = view;
  showOffline(view);
  void showDetails(engine, offline);
}

createIntake((image) => void classifyAndShow(async () => image), showError);
offerInstall();
body.replaceChildren(element('p', { class: 'waiting' }, 'Getting the model ready…'));
started
  .then((status) => {
    showEngine(status);
    showSamples(status, (url) => void classifyAndShow(() => readSample(url)));
    if (lastShown === 0) body.replaceChildren(invitation(status));
    const { model, version, variant, backend } = status;
    const isDefault = readParameters(location.search).model === undefined;
    void keepOffline({ model, version, variant, backend, isDefault }, BUILD, setOffline, () => {
      showNotice('A new version of this page is ready.', { label: 'Reload', run: () => location.reload() });
    });
  })
  .catch((thrown: unknown) => {
    showError(thrown);
    setOffline({ phase: 'unsupported', reason: 'there is no model to keep' });
  });

/**
 * Shows a line above the page's content that stays; the same line is not shown twice.
 *
 * @param action a button beside it
 */
function showNotice(text: string, action?: { label: string; run: () => void }): void {
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
