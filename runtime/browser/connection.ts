import type { CallOptions } from '../classifier/call-options.ts';
import type { ClassifierReport } from '../classifier/report.ts';
import { AppError } from '../errors/catalogue.ts';
import { appErrorFromParts } from '../errors/parts.ts';
import { recogniseError } from '../errors/recognise.ts';
import type { DownloadProgress } from '../transfer/fetch-package.ts';
import { STALL_MS } from '../transfer/fetch-whole.ts';
import type { InferenceThread } from './inference-thread.ts';
import type { Sendable } from './inputs.ts';
import type { ClassifyResult, DecodeResult, DistrustedAdapter, InferenceMessage, InferenceRequest, StartOptions } from './protocol.ts';

/** The page's side of the inference worker. */
export interface Connection {
  /** Told what is news from here on. */
  listener: ConnectionListener;
  /** Asked again after a failure, it goes on with what came. @throws AppError as `startSession` */
  start(options: StartOptions): Promise<ClassifierReport>;
  /** Ends the download that `start` waits for. */
  stop(): void;
  /** @throws AppError as `PageSession.classify` */
  classify(input: Sendable, options?: Pick<CallOptions, 'topK' | 'threshold'>): Promise<ClassifyResult>;
  /** @throws AppError as `decodePayload` */
  decode(input: Sendable): Promise<DecodeResult>;
  /** Ends the worker. What waits, and all that comes after, rejects with DISPOSED. */
  end(): void;
}

/** News that the page is told unasked. */
export interface ConnectionListener {
  /** The backend in use was given up for another. */
  onDemoted?(status: ClassifierReport, distrust: DistrustedAdapter | null): void;
  /** One thread answers from then on, for this reason; `status` is null before `start` has settled. */
  onThreadsLost?(status: ClassifierReport | null, reason: string): void;
  /** The newest package answers from here on, or `staleReason` says why an earlier one goes on. */
  onNewest?(status: ClassifierReport): void;
  onProgress?(progress: DownloadProgress): void;
  /** The worker's script has not come for `lateMs`; it may yet. */
  onLate?(error: AppError): void;
}

type Answer = ClassifierReport | ClassifyResult | DecodeResult;

interface Waiting {
  resolve: (value: Answer) => void;
  reject: (error: AppError) => void;
}

const WORKER_FILE = 'inference worker';

/**
 * @param createThread makes what runs `serveInference`
 * @param lateMs time after which its script is late
 */
export function connect(createThread: () => InferenceThread, listener: ConnectionListener = {}, lateMs = STALL_MS): Connection {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let isRunning = false;
  /** Reason why nothing will ever be answered. */
  let lost: AppError | undefined;
  let thread: InferenceThread | undefined;

  const failAll = (error: AppError): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };

  try {
    thread = createThread();
  } catch (cause) {
    lost = notStarted(`this browser refuses it (${String(cause)})`, cause);
  }
  const late = setTimeout(
    () => isRunning || lost || connection.listener.onLate?.(notStarted(`it has not come for ${lateMs / 1000} s`)),
    lateMs,
  );

  thread?.addEventListener('message', (event) => {
    const message = (event as MessageEvent<InferenceMessage>).data;
    const { listener } = connection;
    isRunning = true;
    clearTimeout(late);
    switch (message.type) {
      case 'running':
        return;
      case 'downloading':
        return listener.onProgress?.({ doneBytes: message.doneBytes, totalBytes: message.totalBytes });
      case 'demoted':
        return listener.onDemoted?.(message.status, message.distrust);
      case 'newest':
        return listener.onNewest?.(message.status);
      case 'threads-lost':
        return listener.onThreadsLost?.(message.status, message.reason);
    }
    const request = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.type === 'error') request?.reject(appErrorFromParts(message.error));
    else request?.resolve(message.type === 'status' ? message.status : message.result);
  });
  // Nothing that waits will be answered; where nothing ever was, the script itself could not be loaded or run.
  thread?.addEventListener('error', (event) => {
    const { message } = event as ErrorEvent;
    if (!isRunning) lost = notStarted(message || 'it is missing or damaged, or the network failed');
    failAll(lost ?? internal(message || 'the inference worker failed'));
  });
  // Which of the answers could not be read is not told.
  thread?.addEventListener('messageerror', () => failAll(internal('an answer of the inference worker could not be read')));

  const ask = (message: InferenceRequest, transfer: Transferable[] = []): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (lost) return reject(lost);
      waiting.set(message.id, { resolve, reject });
      try {
        thread!.postMessage(message, transfer);
      } catch (thrown) {
        waiting.delete(message.id);
        reject(isTainted(message, thrown) ? notReadable(thrown) : recogniseError(thrown));
      }
    });

  const connection: Connection = {
    listener,
    start: (options) => ask({ type: 'start', id: ++lastId, options }) as Promise<ClassifierReport>,
    stop: () => thread?.postMessage({ type: 'stop', id: 0 } satisfies InferenceRequest, []),
    classify: ({ payload, transfer }, options = {}) =>
      ask({ type: 'classify', id: ++lastId, input: payload, options }, transfer) as Promise<ClassifyResult>,
    decode: ({ payload, transfer }) => ask({ type: 'decode', id: ++lastId, input: payload }, transfer) as Promise<DecodeResult>,
    end() {
      lost ??= new AppError('DISPOSED', {});
      clearTimeout(late);
      failAll(lost);
      thread?.terminate();
    },
  };
  return connection;
}

/** Tells whether a message was refused for a picture of another site, which can be shown and not be read. */
const isTainted = (message: InferenceRequest, thrown: unknown): boolean =>
  'input' in message && message.input.kind === 'bitmap' && thrown instanceof DOMException && thrown.name === 'DataCloneError';

const notReadable = (cause: unknown): AppError =>
  new AppError(
    'INPUT_UNSUPPORTED',
    { expected: 'a picture that this page may read', got: "another site's, which does not allow it (CORS; attribute crossorigin)" },
    { cause },
  );

const internal = (reason: string): AppError => appErrorFromParts({ code: 'INTERNAL', details: { reason } });

const notStarted = (reason: string, cause?: unknown): AppError =>
  new AppError('PROGRAM_FILE_MISSING', { file: WORKER_FILE, reason }, { cause });
