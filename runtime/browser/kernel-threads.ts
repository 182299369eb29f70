import type { KernelThread, KernelThreads } from '../integer/threads/kernel-thread.ts';
import type { IntegerProgram } from '../integer/program.ts';
import { productsOf } from './candidates.ts';

/** More threads than these share too little each. */
const MOST_THREADS = 4;

/** Products of weights an image from which on threads gain: MobileNetV2 at 32 pixels has 6 million and gains nothing, ResNet-20 41. */
const LEAST_PRODUCTS = 20_000_000;

interface Device {
  crossOriginIsolated: boolean;
  /** A page's own thread has one, and may not wait for others. */
  document?: unknown;
  navigator: { hardwareConcurrency?: number };
}

/**
 * Number of threads that compute an image together: half of the cores that the browser tells of, which leaves the page and others
 * theirs, and one where the page is not cross-origin isolated, for memory can't be shared there.
 * A small program takes one thread.
 * @param program the one that is computed; undefined: none is
 * @param asked from `?threads=`
 */
export function threadCount(
  { crossOriginIsolated, navigator, document }: Device,
  program?: Pick<IntegerProgram, 'nodes'>,
  asked?: number,
): number {
  if (!crossOriginIsolated || document !== undefined) return 1;
  if (asked === undefined && productsOf(program) < LEAST_PRODUCTS) return 1;
  return asked ?? Math.max(1, Math.min(MOST_THREADS, Math.floor((navigator.hardwareConcurrency ?? 1) / 2)));
}

/** @param onLost told, with the reason, when one thread answers from then on */
export function kernelThreads(count: number, onLost: (reason: string) => void): KernelThreads {
  return { count, onLost, start };
}

function start(): KernelThread {
  const worker = new Worker(new URL('./kernel-worker.ts', import.meta.url), { type: 'module', name: 'kernels' });
  return {
    post: (message) => worker.postMessage(message),
    listen(onMessage, onEnd) {
      worker.addEventListener('message', (event: MessageEvent) => onMessage(event.data as Parameters<typeof onMessage>[0]));
      worker.addEventListener('error', ({ message }) => onEnd(`a thread has failed: ${message || 'its script could not be loaded'}`));
      worker.addEventListener('messageerror', () => onEnd('a message of a thread could not be read'));
    },
    end: () => worker.terminate(),
  };
}
