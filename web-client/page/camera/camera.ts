import { AppError, recogniseError } from '@sld-edge/runtime';
import type { ClassifyResult } from '@sld-edge/runtime';
import { adoptStyles, element } from '../element.ts';
import { formatPercent } from '../format.ts';
import { CAMERA_TEXT as text } from '../panel-strings.ts';
import styles from './camera.css?inline';
import { createLiveAnswer } from './live-answer.ts';
import { openCamera } from './open-camera.ts';
import { createFrameRate } from './rate.ts';
import { createSmoothing } from './smoothing.ts';

adoptStyles(styles);

/** Services of the page for the camera. */
export interface CameraHost {
  /** Hidden while the camera is seen, which stands before it. */
  drop: HTMLElement;
  /** Classifies frames, every class of each, as fast as they are answered; those that come meanwhile are passed over. */
  watch(video: HTMLVideoElement, signal: AbortSignal): AsyncIterable<ClassifyResult>;
  /** Probability below which an answer is a guess; null if none was chosen. */
  threshold(): number | null;
  /** Shows what changes by itself in the answer's place. */
  showAnswer(live: HTMLElement): void;
  /** Has words spoken. */
  announce(words: string): void;
  /** Classifies a snapshot as any picture; ends the camera. */
  open(picture: Blob): void;
  /** Told of an AppError after the camera was ended by it. */
  onError(error: AppError): void;
}

/** A camera that is there gives its first picture sooner. */
const NO_FRAMES_MS = 10_000;
/** Time between two spoken answers. */
const SPOKEN_EVERY_MS = 4000;

/** Shows the camera and, live, the answer to what it sees. @returns ends it, and frees the camera */
export function startCamera(host: CameraHost): () => void {
  const ending = new AbortController();
  const view = createView();
  let stream: MediaStream | undefined;

  /** Ends the answers to the camera of before. */
  let answering = new AbortController();
  let watchdog: ReturnType<typeof setTimeout> | undefined;

  const end = (): void => {
    ending.abort();
    clearTimeout(watchdog);
    release(stream);
    view.root.remove();
    host.drop.hidden = false;
  };
  const fail = (thrown: unknown): void => {
    if (ending.signal.aborted) return;
    end();
    host.onError(recogniseError(thrown));
  };
  const show = async (deviceId?: string): Promise<void> => {
    answering.abort();
    release(stream);
    const opened = await openCamera(deviceId);
    if (ending.signal.aborted) return release(opened);
    stream = opened;
    answering = new AbortController();
    // A person takes as long as they like to allow it; a camera that is there does not.
    watchdog = setTimeout(() => fail(new AppError('CAMERA_BUSY', { reason: text.noFrames(NO_FRAMES_MS / 1000) })), NO_FRAMES_MS);
    const [track] = opened.getVideoTracks();
    track.addEventListener('ended', () => fail(new AppError('CAMERA_BUSY', { reason: text.ended })));
    view.mirror(track.getSettings().facingMode !== 'environment');
    view.video.srcObject = opened;
    await view.video.play();
    void view.listCameras(track.getSettings().deviceId).catch(fail);
    const signal = AbortSignal.any([ending.signal, answering.signal]);
    await answerFrames(view, host, signal, () => clearTimeout(watchdog));
  };
  const start = (deviceId?: string): void => void show(deviceId).catch(fail);

  host.drop.before(view.root);
  host.drop.hidden = true;
  view.root.querySelector('button')?.focus();
  view.stop.addEventListener('click', end);
  view.choice.addEventListener('change', () => start(view.choice.value));
  view.snapshot.addEventListener('click', () => {
    void snapshotOf(view.video)
      .then((picture) => {
        end();
        host.open(picture);
      })
      .catch(fail);
  });
  start();
  return end;
}

function release(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

async function answerFrames(
  view: ReturnType<typeof createView>,
  host: CameraHost,
  signal: AbortSignal,
  onFirst: () => void,
): Promise<void> {
  const smooth = createSmoothing();
  const live = createLiveAnswer();
  const rate = createFrameRate();
  let [spokenAt, spoken] = [-Infinity, ''];
  for await (const { predictions } of host.watch(view.video, signal)) {
    if (signal.aborted) return;
    const now = performance.now();
    const [best, ...others] = smooth(predictions, now);
    if (!live.root.isConnected) {
      onFirst();
      host.showAnswer(live.root);
    }
    const threshold = host.threshold();
    live.show([best, ...others], threshold === null ? null : best.probability < threshold);
    if (best.label !== spoken && now - spokenAt > SPOKEN_EVERY_MS) {
      [spoken, spokenAt] = [best.label, now];
      host.announce(`${spoken}, ${formatPercent(best.probability)}`);
    }
    const counted = rate(now, view.video.getVideoPlaybackQuality().totalVideoFrames);
    if (counted) view.rate.textContent = text.rate(counted.perSecond.toFixed(counted.perSecond < 10 ? 1 : 0), counted.passedOver);
  }
}

/** The frame that is seen, as a file of all its pixels. */
async function snapshotOf(video: HTMLVideoElement): Promise<Blob> {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  return new File([await canvas.convertToBlob({ type: 'image/png' })], text.snapshotName, { type: 'image/png' });
}

function createView() {
  const video = element('video', { playsinline: true, 'aria-label': text.view });
  video.muted = true;
  const snapshot = element('button', { type: 'button', class: 'primary' }, text.snapshot);
  const stop = element('button', { type: 'button' }, text.stop);
  const choice = element('select', { 'aria-label': text.choose, hidden: true });
  const rate = element('p', { class: 'hint' }, text.starting);
  const root = element(
    'div',
    { class: 'camera', role: 'group', 'aria-label': text.region },
    element('div', { class: 'camera-frame' }, video),
    element('div', { class: 'buttons' }, snapshot, stop, choice),
    rate,
  );
  return {
    root,
    video,
    snapshot,
    stop,
    choice,
    rate,
    /** People know themselves from mirrors; the model sees the picture as it is. */
    mirror: (mirrored: boolean) => void video.classList.toggle('mirrored', mirrored),
    /** Names are told only once a camera is allowed. */
    async listCameras(current: string | undefined) {
      const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === 'videoinput');
      choice.hidden = cameras.length < 2;
      choice.replaceChildren(
        ...cameras.map(({ deviceId, label }, i) => element('option', { value: deviceId }, label || text.unnamed(i + 1))),
      );
      if (current !== undefined) choice.value = current;
    },
  };
}
