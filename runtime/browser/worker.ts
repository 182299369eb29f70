import { errorParts } from '../errors/parts.ts';
import { recogniseError } from '../errors/recognise.ts';
import { decodeInBrowser } from './decode/decode.ts';
import type { InferenceMessage, InferenceRequest } from './protocol.ts';
import { startSession, type PageSession } from './session.ts';

/** The dedicated worker in which everything heavy happens: decoding, preprocessing, inference. */

let session: Promise<PageSession> | undefined;
let stopping = new AbortController();
/** Files that came whole: a download that was stopped, or that failed, goes on from there. */
const come = new Map<string, Uint8Array>();

self.addEventListener('message', (event: MessageEvent<InferenceRequest>) => void answer(event.data));
post({ type: 'running' });

async function answer(request: InferenceRequest): Promise<void> {
  try {
    if (request.type === 'stop') return stopping.abort();
    if (request.type === 'start') {
      stopping = new AbortController();
      const onNewest = (newest: PageSession): void => {
        session = Promise.resolve(newest);
        post({ type: 'newest', status: newest.status() });
        come.clear();
      };
      session = startSession(
        request.options,
        {
          onDemotion: (status, distrust) => post({ type: 'demoted', status, distrust }),
          onThreadsLost: (reason) => post({ type: 'threads-lost', reason }),
          onNewest,
        },
        {
          index: request.options.index,
          signal: stopping.signal,
          come,
          onProgress: (progress) => post({ type: 'downloading', ...progress }),
        },
      );
      const status = (await session).status();
      if (status.staleReason === null) come.clear();
      post({ type: 'status', id: request.id, status });
      return;
    }
    if (request.type === 'decode') {
      const { data, ...image } = await decodeInBrowser(request.bytes);
      post({ type: 'result', id: request.id, result: { ...image, rgb: data } });
      return;
    }
    if (!session) throw new Error('classify before start');
    post({ type: 'result', id: request.id, result: await (await session).classify(request.bytes) });
  } catch (thrown) {
    post({ type: 'error', id: request.id, error: errorParts(recogniseError(thrown)) });
  }
}

function post(message: InferenceMessage): void {
  self.postMessage(message);
}
