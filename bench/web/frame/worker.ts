/** The worker of a frame: what is asked is a call of `Timed`, what is answered its result or why there is none. */
import { createTimed, type Timed } from './timed.ts';

export type TimedCall = { [Name in keyof Timed]: { name: Name; values: Parameters<Timed[Name]> } }[keyof Timed];
export type TimedAnswer = { result: number[] } | { reason: string };

const timed = createTimed();

self.addEventListener('message', ({ data }: MessageEvent<TimedCall>) => {
  const called = data.name === 'open' ? timed.open(...data.values) : timed.time(...data.values);
  called.then(
    (result) => self.postMessage({ result } satisfies TimedAnswer),
    (error: unknown) => self.postMessage({ reason: String(error) } satisfies TimedAnswer),
  );
});
