/** A worker thread: loads everything, says so, then answers one message per image. */
import { parentPort, workerData } from 'node:worker_threads';
import { toAppError } from '@sld-edge/runtime';
import { createImageClassifiers } from './image-classifiers.ts';
import type { ErrorParts, FromWorker, InferenceSetup, ToWorker } from './protocol.ts';

const port = parentPort!;
const send = (message: FromWorker) => port.postMessage(message);

function partsOf(thrown: unknown): ErrorParts {
  const { code, details, stack, cause } = toAppError(thrown);
  const causeStack = cause instanceof Error ? cause.stack : undefined;
  return { code, details, stack: causeStack ?? stack ?? code };
}

try {
  const classifiers = await createImageClassifiers(workerData as InferenceSetup);
  port.on('message', (message: ToWorker) => {
    classifiers.classify(message.job).then(
      (answer) => send({ type: 'answer', id: message.id, answer }),
      (error: unknown) => send({ type: 'error', id: message.id, error: partsOf(error) }),
    );
  });
  send({ type: 'ready', warmed: classifiers.warmed });
} catch (error) {
  send({ type: 'failed', error: partsOf(error) });
}
