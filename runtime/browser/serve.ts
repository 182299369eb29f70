import { errorParts } from '../errors/parts.ts';
import { recogniseError } from '../errors/recognise.ts';
import { keeping } from '../transfer/keeping.ts';
import { decodePayload } from './decode/decode-payload.ts';
import { deviceStore } from './device-store.ts';
import { fetchForOtherPictures } from './preprocess.ts';
import type { InferenceMessage, InferenceRequest } from './protocol.ts';
import { startSession, type PageSession } from './session.ts';

/** The page, as what computes sees it. */
export interface InferencePort {
  post(message: InferenceMessage, transfer?: Transferable[]): void;
  listen(onRequest: (request: InferenceRequest) => void): void;
}

/** Time from a model's being ready to the fetching of what it does not need, if nothing has been answered before. */
const IDLE_MS = 2000;

/** Does everything heavy that a page asks for: decoding, preprocessing, inference. @returns what frees all of it */
export function serveInference({ post, listen }: InferencePort): () => void {
  let session: Promise<PageSession> | undefined;
  let stopping = new AbortController();
  /** Files that came whole: a download that was stopped, or that failed, goes on from there. */
  const come = new Map<string, Uint8Array>();

  const start = async (request: Extract<InferenceRequest, { type: 'start' }>): Promise<void> => {
    stopping = new AbortController();
    const kept = request.options.keep ? keeping(deviceStore(request.options), fetch) : undefined;
    session = startSession(
      request.options,
      {
        onDemotion: (status, distrust) => post({ type: 'demoted', status, distrust }),
        onThreadsLost: (status, reason) => post({ type: 'threads-lost', status, reason }),
        onNewest(newest) {
          session = Promise.resolve(newest);
          post({ type: 'newest', status: newest.status() });
          come.clear();
        },
      },
      {
        index: request.options.index,
        earlierIndex: request.options.earlierIndex,
        request: kept?.request,
        signal: stopping.signal,
        come,
        onProgress: (progress) => post({ type: 'downloading', ...progress }),
      },
    );
    const notKept =
      (await session.then(
        () => kept?.settle(),
        () => undefined,
      )) ?? null;
    const status = { ...(await session).status(), notKept };
    if (status.staleReason === null) come.clear();
    post({ type: 'status', id: request.id, status });
    setTimeout(() => void fetchForOtherPictures(), IDLE_MS);
  };

  const answer = async (request: InferenceRequest): Promise<void> => {
    try {
      switch (request.type) {
        case 'stop':
          return stopping.abort();
        case 'start':
          return await start(request);
        case 'decode': {
          const { data, ...image } = await decodePayload(request.input);
          return post({ type: 'result', id: request.id, result: { ...image, rgb: data } });
        }
        case 'classify': {
          if (!session) throw new Error('classify before start');
          const result = await (await session).classify(request.input, request.options);
          post({ type: 'result', id: request.id, result });
          return await fetchForOtherPictures();
        }
      }
    } catch (thrown) {
      post({ type: 'error', id: request.id, error: errorParts(recogniseError(thrown)) });
    }
  };

  listen((request) => void answer(request));
  post({ type: 'running' });
  return () => {
    stopping.abort();
    void session?.then((open) => open.dispose()).catch(() => undefined);
  };
}
