import { AppError } from '../errors/catalogue.ts';

/** Frames at which an element has enough data to be drawn (HTML, `HAVE_CURRENT_DATA`). */
const HAVE_CURRENT_DATA = 2;

/**
 * Waits for the next frame that a video shows. What it shows meanwhile is not queued: whoever is slow sees fewer frames.
 *
 * @returns false once there will be no more: the video has ended, lost its source, or the signal was aborted
 */
export function nextFrame(video: HTMLVideoElement, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    let cancel = (): void => undefined;
    const settle = (more: boolean) => (): void => {
      cancel();
      for (const [target, type, listener] of listeners) target.removeEventListener(type, listener);
      resolve(more);
    };
    const end = settle(false);
    const listeners: [EventTarget, string, () => void][] = [
      [video, 'ended', end],
      [video, 'emptied', end],
      [video, 'error', end],
    ];
    if (signal) listeners.push([signal, 'abort', end]);
    if (video.ended || signal?.aborted) return resolve(false);
    for (const [target, type, listener] of listeners) target.addEventListener(type, listener);
    const shown = settle(true);
    // Older browsers tell of no frames: then the screen's are taken while the video plays.
    if (typeof video.requestVideoFrameCallback === 'function') {
      const handle = video.requestVideoFrameCallback(shown);
      cancel = () => video.cancelVideoFrameCallback(handle);
    } else {
      let handle = 0;
      const look = (): void => {
        if (!video.paused && video.readyState >= HAVE_CURRENT_DATA) shown();
        else handle = requestAnimationFrame(look);
      };
      handle = requestAnimationFrame(look);
      cancel = () => cancelAnimationFrame(handle);
    }
  });
}

/** @throws AppError INPUT_UNSUPPORTED */
export function requireVideo(video: unknown): void {
  if (Object.prototype.toString.call(video) !== '[object HTMLVideoElement]')
    throw new AppError('INPUT_UNSUPPORTED', { expected: 'a video element', got: String(video) });
}
