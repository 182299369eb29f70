/** A helper thread of the integer kernels: what `kernelThreads` starts. */
import { serveKernels } from '../integer/threads/serve-kernels.ts';

serveKernels({
  post: (message) => self.postMessage(message),
  listen: (onMessage) =>
    self.addEventListener('message', (event: MessageEvent) => onMessage(event.data as Parameters<typeof onMessage>[0])),
});
