import { AppError, recogniseError } from '@sld-edge/runtime';
import type { ClassifyResult } from '@sld-edge/runtime';
import { element } from '../element.ts';
import { formatPercent } from '../format.ts';
import { CAMERA_TEXT as text } from '../strings.ts';
import './camera.css';
import { createLiveAnswer } from './live-answer.ts';
import { openCamera } from './open-camera.ts';
import { createSmoothing } from './smoothing.ts';

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
/** Time over which answers are counted. */
const RATE_OVER_MS = 1000;

/** Shows the camera and, live, the answer to what it sees. @returns ends it, and frees the camera */
export function startCamera(host: CameraHost): () => void {
  const ending = new AbortController();
  const view = createView();
  let stream: MediaStream | undefined;

  const end = (): void => {
    ending.abort();
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
    release(stream);
    const opened = await openCamera(deviceId);
    if (ending.signal.aborted) return release(opened);
    stream = opened;
    const [track] = opened.getVideoTracks();
    track.addEventListener('ended', () => fail(new AppError('CAMERA_BUSY', { reason: text.ended })));
    view.mirror(track.getSettings().facingMode !== 'environment');
    view.video.srcObject = opened;
    await view.video.play();
    await view.listCameras(track.getSettings().deviceId);
  };

  host.drop.before(view.root);
  host.drop.hidden = true;
  view.root.querySelector('button')?.focus();
  view.stop.addEventListener('click', end);
  view.choice.addEventListener('change', () => void show(view.choice.value).catch(fail));
  view.snapshot.addEventListener('click', () => {
    void snapshotOf(view.video)
      .then((picture) => {
        end();
        host.open(picture);
      })
      .catch(fail);
  });
  void show()
    .then(() => answerFrames(view, host, ending.signal))
    .catch(fail);
  return end;
}

function release(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

async function answerFrames(view: ReturnType<typeof createView>, host: CameraHost, signal: AbortSignal): Promise<void> {
  const smooth = createSmoothing();
  const live = createLiveAnswer();
  const countFrames = frameCounter(view.video);
  let [answers, frames, since, spokenAt, spoken, dropped] = [0, 0, performance.now(), 0, '', 0];
  const noFrames = setTimeout(() => view.fail?.(new AppError('CAMERA_BUSY', { reason: text.noFrames(NO_FRAMES_MS / 1000) })), NO_FRAMES_MS);
  const failing = new Promise<never>((_resolve, reject) => (view.fail = reject));
  const watching = (async () => {
    for await (const { predictions } of host.watch(view.video, signal)) {
      if (signal.aborted) return;
      clearTimeout(noFrames);
      const now = performance.now();
      const smoothed = smooth(predictions, now);
      const threshold = host.threshold();
      if (answers === 0 && frames === 0) host.showAnswer(live.root);
      live.show(smoothed, threshold === null ? null : smoothed[0].probability < threshold);
      if (smoothed[0].label !== spoken && now - spokenAt > SPOKEN_EVERY_MS) {
        [spoken, spokenAt] = [smoothed[0].label, now];
        host.announce(`${spoken}, ${formatPercent(smoothed[0].probability)}`);
      }
      answers++;
      if (now - since < RATE_OVER_MS) continue;
      const seen = countFrames();
      dropped += Math.max(0, seen - frames - answers);
      view.rate.textContent = text.rate(((answers * 1000) / (now - since)).toFixed(answers * 1000 < 10 * (now - since) ? 1 : 0), dropped);
      [answers, frames, since] = [0, seen, now];
    }
  })();
  try {
    await Promise.race([watching, failing]);
  } finally {
    clearTimeout(noFrames);
  }
}

/** @returns tells how many frames the camera has given so far */
function frameCounter(video: HTMLVideoElement): () => number {
  return () => video.getVideoPlaybackQuality().totalVideoFrames;
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
    /** Ends the answering with an error. */
    fail: undefined as ((error: AppError) => void) | undefined,
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
