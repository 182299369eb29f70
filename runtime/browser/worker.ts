/** The dedicated worker in which everything heavy happens: what `inferenceThread` starts. */
import { IN_PAGE, type InferenceRequest } from './protocol.ts';
import { serveInference } from './serve.ts';

if (typeof document === 'undefined') {
  serveInference({
    post: (message) => self.postMessage(message),
    listen: (onRequest) => self.addEventListener('message', (event: MessageEvent<InferenceRequest>) => onRequest(event.data)),
  });
} else {
  (globalThis as { [IN_PAGE]?: (serve: typeof serveInference) => void })[IN_PAGE]?.(serveInference);
}
