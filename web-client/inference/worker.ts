import { recogniseError } from '@sld-edge/runtime';
import { decodeImage } from './decode.ts';
import type { FromWorker, ToWorker, WireError } from './protocol.ts';
import { startSession, type Session } from './session.ts';

/** The dedicated worker in which everything heavy happens: decoding, preprocessing, inference. */

let session: Promise<Session> | undefined;

self.addEventListener('message', (event: MessageEvent<ToWorker>) => void answer(event.data));

async function answer(request: ToWorker): Promise<void> {
  try {
    if (request.type === 'start') {
      session = startSession(request.options, (status, distrust) => post({ type: 'demoted', status, distrust }));
      post({ type: 'status', id: request.id, status: (await session).status() });
      return;
    }
    if (request.type === 'decode') {
      const { rgb, format } = await decodeImage(request.bytes);
      post({ type: 'result', id: request.id, result: { format, width: rgb.width, height: rgb.height, rgb: rgb.data } });
      return;
    }
    if (!session) throw new Error('classify before start');
    post({ type: 'result', id: request.id, result: await (await session).classify(request.bytes) });
  } catch (thrown) {
    post({ type: 'error', id: request.id, error: toWire(thrown) });
  }
}

function post(message: FromWorker): void {
  self.postMessage(message);
}

/** Classes don't survive the border; an unforeseen error's own words go along as `details.reason`. */
function toWire(thrown: unknown): WireError {
  const { code, details, cause } = recogniseError(thrown);
  return { code, details: code === 'INTERNAL' && cause !== undefined ? { ...details, reason: String(cause) } : details };
}
