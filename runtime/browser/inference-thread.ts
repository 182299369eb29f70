import { IN_PAGE, type InferenceMessage, type InferenceRequest } from './protocol.ts';
import type { serveInference } from './serve.ts';

/** Thread that computes, as the page sees it: a worker, or the page's own thread in the guise of one. */
export interface InferenceThread extends EventTarget {
  postMessage(request: InferenceRequest, transfer: Transferable[]): void;
  terminate(): void;
}

/** By this expression bundlers find the worker's script. */
const createWorker = (): Worker => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'inference' });

/**
 * Starts the inference worker. Browsers refuse a worker of another origin, as the library's is if it comes from a host of packages: then
 * the page's own thread computes, and the report says so.
 */
export function inferenceThread(): InferenceThread {
  return new URL(import.meta.url).origin === location.origin ? createWorker() : ownThread();
}

/** Address of the worker's script, which bundlers give to the constructor alone. */
function workerAddress(): string {
  const { Worker } = globalThis;
  let address = '';
  globalThis.Worker = class {
    constructor(url: string | URL) {
      address = String(url);
    }
  } as unknown as typeof Worker;
  try {
    createWorker();
  } finally {
    globalThis.Worker = Worker;
  }
  return new URL(address, import.meta.url).href;
}

/** Imported by its address: a bundle must not hold a second copy of all that computes. */
async function importServe(): Promise<typeof serveInference> {
  let serve: typeof serveInference | undefined;
  const globals = globalThis as { [IN_PAGE]?: (serve: typeof serveInference) => void };
  globals[IN_PAGE] = (given) => (serve = given);
  // A second import of one module runs nothing.
  await import(/* @vite-ignore */ /* webpackIgnore: true */ `${workerAddress()}?in-page=${++started}`);
  if (!serve) throw new Error('it is not the script of this library');
  return serve;
}

let started = 0;

function ownThread(): InferenceThread {
  const outside = new EventTarget();
  const inside = new EventTarget();
  const deliver = (to: EventTarget, data: InferenceMessage | InferenceRequest) =>
    queueMicrotask(() => to.dispatchEvent(new MessageEvent('message', { data })));
  const serving = importServe().then((serve) =>
    serve({
      post: (message) => deliver(outside, message),
      listen: (onRequest) => inside.addEventListener('message', (event) => onRequest((event as MessageEvent<InferenceRequest>).data)),
    }),
  );
  serving.catch((error: unknown) => outside.dispatchEvent(Object.assign(new Event('error'), { message: String(error) })));
  return Object.assign(outside, {
    // Copied as a worker's messages are: what was given away is no longer the caller's.
    postMessage(request: InferenceRequest, transfer: Transferable[]) {
      const copy = structuredClone(request, { transfer });
      void serving.then(() => deliver(inside, copy)).catch(() => undefined);
    },
    terminate: () => void serving.then((stop) => stop()).catch(() => undefined),
  });
}
