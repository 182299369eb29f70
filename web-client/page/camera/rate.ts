/** Time over which answers are counted. */
const OVER_MS = 1000;

/** Answers a second, and the frames since the start that had none. */
export interface FrameRate {
  perSecond: number;
  passedOver: number;
}

/**
 * Makes a counter of answers and of frames without one.
 *
 * @returns takes each answer's time and the number of frames that the video has shown by then; gives the rate about once a second
 */
export function createFrameRate(overMs = OVER_MS): (nowMs: number, framesShown: number) => FrameRate | undefined {
  let since: { ms: number; frames: number } | undefined;
  let [answers, passedOver] = [0, 0];
  return (nowMs, framesShown) => {
    since ??= { ms: nowMs, frames: framesShown };
    if (nowMs === since.ms) return undefined;
    answers++;
    const elapsedMs = nowMs - since.ms;
    if (elapsedMs < overMs) return undefined;
    passedOver += Math.max(0, framesShown - since.frames - answers);
    const perSecond = (answers * 1000) / elapsedMs;
    since = { ms: nowMs, frames: framesShown };
    answers = 0;
    return { perSecond, passedOver };
  };
}
