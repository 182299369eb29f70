/** A helper thread of our integer kernels in a browser. */
import { serveKernels } from '@sld-edge/runtime/integer';

serveKernels({
  post: (message) => self.postMessage(message),
  listen: (onMessage) => self.addEventListener('message', ({ data }) => onMessage(data)),
});
