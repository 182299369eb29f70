import { errorParts, recogniseError } from '@sld-edge/runtime';
import { decodeInBrowser } from './decode.ts';
import type { InferenceMessage, InferenceRequest } from './protocol.ts';
import { startSession, type PageSession } from './session.ts';

/** The dedicated worker in which everything heavy happens: decoding, preprocessing, inference. */

let session: Promise<PageSession> | undefined;

self.addEventListener('message', (event: MessageEvent<InferenceRequest>) => void answer(event.data));

async function answer(request: InferenceRequest): Promise<void> {
  try {
    if (request.type === 'start') {
      session = startSession(
        request.options,
        (status, distrust) => post({ type: 'demoted', status, distrust }),
        (reason) => post({ type: 'threads-lost', reason }),
      );
      post({ type: 'status', id: request.id, status: (await session).status() });
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
