import { AppError } from '../errors/catalogue.ts';
import { appErrorFromParts } from '../errors/parts.ts';
import { recogniseError } from '../errors/recognise.ts';
import { STALL_MS } from '../transfer/fetch-whole.ts';
import type { DownloadProgress } from '../transfer/fetch-package.ts';
import type {
  ClassifyResult,
  DecodeResult,
  DistrustedAdapter,
  EngineStatus,
  InferenceMessage,
  StartOptions,
  InferenceRequest,
} from './protocol.ts';

/** The page's side of the inference worker. */
export interface Connection {
  /** Asked again after a failure, it goes on with what came. @throws AppError as `startSession` */
  start(options: StartOptions): Promise<EngineStatus>;
  /** Ends the download that `start` waits for. */
  stop(): void;
  /** @throws AppError as `PageSession.classify` */
  classify(bytes: Uint8Array<ArrayBuffer>): Promise<ClassifyResult>;
  /** @throws AppError as `decodeInBrowser` */
  decode(bytes: Uint8Array<ArrayBuffer>): Promise<DecodeResult>;
}

/** News that the page is told unasked. */
export interface ConnectionListener {
  /** The backend in use was given up for another. */
  onDemoted?(status: EngineStatus, distrust: DistrustedAdapter | null): void;
  /** One thread answers from then on, for this reason. */
  onThreadsLost?(reason: string): void;
  /** The newest package answers from here on, or `staleReason` says why an earlier one goes on. */
  onNewest?(status: EngineStatus): void;
  onProgress?(progress: DownloadProgress): void;
  /** The worker's script has not come for `lateMs`; it may yet. */
  onLate?(error: AppError): void;
}

type Answer = EngineStatus | ClassifyResult | DecodeResult;

interface Waiting {
  resolve: (value: Answer) => void;
  reject: (error: AppError) => void;
}

const WORKER_FILE = 'inference worker';

/**
 * @param createWorker makes the worker that runs `inference/worker.ts`
 * @param lateMs time after which its script is late
 */
export function connect(createWorker: () => Worker, listener: ConnectionListener = {}, lateMs = STALL_MS): Connection {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let isRunning = false;
  /** Reason why nothing will ever be answered. */
  let lost: AppError | undefined;
  let worker: Worker | undefined;

  const failAll = (error: AppError): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };

  try {
    worker = createWorker();
  } catch (cause) {
    lost = notStarted(`this browser refuses it (${String(cause)})`, cause);
  }
  const late = setTimeout(() => isRunning || lost || listener.onLate?.(notStarted(`it has not come for ${lateMs / 1000} s`)), lateMs);

  worker?.addEventListener('message', (event: MessageEvent<InferenceMessage>) => {
    const message = event.data;
    isRunning = true;
    clearTimeout(late);
    switch (message.type) {
      case 'running':
        return;
      case 'downloading':
        return listener.onProgress?.(message);
      case 'demoted':
        return listener.onDemoted?.(message.status, message.distrust);
      case 'newest':
        return listener.onNewest?.(message.status);
      case 'threads-lost':
        return listener.onThreadsLost?.(message.reason);
    }
    const request = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.type === 'error') request?.reject(appErrorFromParts(message.error));
    else request?.resolve(message.type === 'status' ? message.status : message.result);
  });
  // Nothing that waits will be answered; where nothing ever was, the script itself could not be loaded or run.
  worker?.addEventListener('error', (event) => {
    if (!isRunning) lost = notStarted(event.message || 'it is missing or damaged, or the network failed');
    failAll(lost ?? internal(event.message || 'the inference worker failed'));
  });
  // Which of the answers could not be read is not told.
  worker?.addEventListener('messageerror', () => failAll(internal('an answer of the inference worker could not be read')));

  const ask = (message: InferenceRequest): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (lost) return reject(lost);
      waiting.set(message.id, { resolve, reject });
      try {
        worker!.postMessage(message);
      } catch (thrown) {
        waiting.delete(message.id);
        reject(recogniseError(thrown));
      }
    });

  return {
    start: (options) => ask({ type: 'start', id: ++lastId, options }) as Promise<EngineStatus>,
    stop: () => worker?.postMessage({ type: 'stop', id: 0 } satisfies InferenceRequest),
    classify: (bytes) => ask({ type: 'classify', id: ++lastId, bytes }) as Promise<ClassifyResult>,
    decode: (bytes) => ask({ type: 'decode', id: ++lastId, bytes }) as Promise<DecodeResult>,
  };
}

const internal = (reason: string): AppError => appErrorFromParts({ code: 'INTERNAL', details: { reason } });

const notStarted = (reason: string, cause?: unknown): AppError =>
  new AppError('PROGRAM_FILE_MISSING', { file: WORKER_FILE, reason }, { cause });

/** Starts the worker that a page's `connect` speaks with. */
export const inferenceWorker = (): Worker => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'inference' });
