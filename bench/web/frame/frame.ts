/** One frame of the page: one runtime with one network, which the bench calls in turns. */
import { OUR_SUBJECTS } from './subjects.ts';
import { createTimed, type Timed } from './timed.ts';
import type { TimedAnswer, TimedCall } from './worker.ts';

declare global {
  interface Window {
    timed: Timed;
  }
}

const here = createTimed();
let own: Timed = here;

window.timed = {
  open(subject, folder, threads) {
    // Ours compute in a worker, as in the page that visitors see: a page's own thread may not wait for others.
    own = OUR_SUBJECTS.includes(subject) ? inWorker() : here;
    return own.open(subject, folder, threads);
  },
  time: (images) => own.time(images),
};

function inWorker(): Timed {
  const worker = new Worker(new URL('worker.js', location.href), { type: 'module' });
  const call = (message: TimedCall): Promise<number[]> =>
    new Promise((resolve, reject) => {
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.onmessage = ({ data }: MessageEvent<TimedAnswer>) =>
        'result' in data ? resolve(data.result) : reject(new Error(data.reason));
      worker.postMessage(message);
    });
  return { open: (...values) => call({ name: 'open', values }), time: (...values) => call({ name: 'time', values }) };
}
