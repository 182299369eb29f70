import { appErrorFromParts, recogniseError, type AppError } from '@sld-edge/runtime';
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
  /** @throws AppError as `startSession` */
  start(options: StartOptions): Promise<EngineStatus>;
  /** @throws AppError as `PageSession.classify` */
  classify(bytes: Uint8Array<ArrayBuffer>): Promise<ClassifyResult>;
  /** @throws AppError as `decodeInBrowser` */
  decode(bytes: Uint8Array<ArrayBuffer>): Promise<DecodeResult>;
}

type Answer = EngineStatus | ClassifyResult | DecodeResult;

interface Waiting {
  resolve: (value: Answer) => void;
  reject: (error: AppError) => void;
}

/**
 * @param worker the worker that runs `inference/worker.ts`
 * @param onDemoted told when the backend in use was given up for another
 * @param onThreadsLost told, with the reason, when one thread answers from then on
 */
export function connect(
  worker: Worker,
  onDemoted: (status: EngineStatus, distrust: DistrustedAdapter | null) => void,
  onThreadsLost: (reason: string) => void = () => undefined,
): Connection {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let hasAnswered = false;
  /** Reason why nothing will ever be answered. */
  let lost: AppError | undefined;

  const failAll = (error: AppError): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };

  worker.addEventListener('message', (event: MessageEvent<InferenceMessage>) => {
    const message = event.data;
    hasAnswered = true;
    if (message.type === 'demoted') return onDemoted(message.status, message.distrust);
    if (message.type === 'threads-lost') return onThreadsLost(message.reason);
    const request = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.type === 'error') request?.reject(appErrorFromParts(message.error));
    else request?.resolve(message.type === 'status' ? message.status : message.result);
  });
  // Nothing that waits will be answered; where nothing ever was, the script itself could not be loaded or run.
  worker.addEventListener('error', (event) => {
    const error = internal(event.message || 'the inference worker could not be started');
    if (!hasAnswered) lost = error;
    failAll(error);
  });
  // Which of the answers could not be read is not told.
  worker.addEventListener('messageerror', () => failAll(internal('an answer of the inference worker could not be read')));

  const ask = (message: InferenceRequest): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (lost) return reject(lost);
      waiting.set(message.id, { resolve, reject });
      try {
        worker.postMessage(message);
      } catch (thrown) {
        waiting.delete(message.id);
        reject(recogniseError(thrown));
      }
    });

  return {
    start: (options) => ask({ type: 'start', id: ++lastId, options }) as Promise<EngineStatus>,
    classify: (bytes) => ask({ type: 'classify', id: ++lastId, bytes }) as Promise<ClassifyResult>,
    decode: (bytes) => ask({ type: 'decode', id: ++lastId, bytes }) as Promise<DecodeResult>,
  };
}

const internal = (reason: string): AppError => appErrorFromParts({ code: 'INTERNAL', details: { reason } });
