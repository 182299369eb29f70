import { AppError } from '../errors/catalogue.ts';
import { recogniseError } from '../errors/recognise.ts';

/** Waits for work, or until it is aborted; what was begun goes on unseen. @throws AppError STOPPED when the signal is aborted */
export async function untilAborted<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  if (!signal) return work();
  if (signal.aborted) throw stopped(signal);
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(stopped(signal));
    signal.addEventListener('abort', stop);
  });
  const working = work();
  // Where the signal came first, nobody waits for it.
  working.catch(() => undefined);
  return Promise.race([working, aborted]).finally(() => signal.removeEventListener('abort', stop!));
}

const stopped = ({ reason }: AbortSignal): AppError => new AppError('STOPPED', {}, { cause: reason });

/** Lets nothing but errors of the catalogue reach a caller. */
export async function catalogued<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    throw recogniseError(thrown);
  }
}
