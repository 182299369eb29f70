/** A worker process: loads everything, says so, then answers one image after another. */
import { Socket } from 'node:net';
import { toAppError } from '@sld-edge/runtime';
import { outliveLogReaders } from '../log.ts';
import { createImageClassifiers } from './image-classifiers.ts';
import { IMAGE_PIPE, type ClassifyJob, type ErrorParts, type FromWorker, type InferenceSetup, type ToWorker } from './protocol.ts';

/** Garbage of a picture that took more than this is collected before the answer is given, and with it the memory. */
const COLLECTED_FROM_BYTES = 16_000_000;

outliveLogReaders();
const images = new Socket({ fd: IMAGE_PIPE });
let admitted: () => void;

const send = (message: FromWorker): void => void process.send!(message);

process.on('message', (message: ToWorker) => {
  if (message.type === 'setup') void start(message.setup);
  if (message.type === 'admitted') admitted();
});
// The server decides when it ends: a signal to the whole process group must not end what is under way.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit());

async function start(setup: InferenceSetup): Promise<void> {
  try {
    const { classify, warmed } = await createImageClassifiers(setup);
    process.on('message', (message: ToWorker) => {
      if (message.type === 'classify') void answer(classify, message.job, message.byteLength);
    });
    send({ type: 'ready', warmed });
  } catch (error) {
    send({ type: 'failed', error: partsOf(error) });
  }
}

async function answer(classify: Awaited<ReturnType<typeof createImageClassifiers>>['classify'], job: Omit<ClassifyJob, 'bytes'>, byteLength: number): Promise<void> {
  let taken = 0;
  const admit = ({ decodingBytes }: { decodingBytes: number }): Promise<void> => {
    taken = decodingBytes;
    send({ type: 'needs', decodingBytes });
    return new Promise((resolve) => (admitted = resolve));
  };
  let message: FromWorker;
  try {
    message = { type: 'answer', answer: await classify({ ...job, bytes: await readBytes(byteLength) }, admit) };
  } catch (error) {
    message = { type: 'error', error: partsOf(error) };
  }
  if (taken > COLLECTED_FROM_BYTES) await collectGarbage();
  send(message);
}

/** The next bytes of the pipe; the next image's come only when this one has been answered. */
function readBytes(count: number): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const bytes = new Uint8Array(count);
    let filled = 0;
    images.on('data', (chunk) => {
      bytes.set(chunk, filled);
      filled += chunk.length;
      if (filled < count) return;
      images.removeAllListeners('data').pause();
      resolve(bytes);
    });
    images.resume();
  });
}

async function collectGarbage(): Promise<void> {
  globalThis.gc?.();
  // Buffers of native libraries are freed in the event loop's next round.
  await new Promise((resolve) => setImmediate(resolve));
}

function partsOf(thrown: unknown): ErrorParts {
  const { code, details, stack, cause } = toAppError(thrown);
  const causeStack = cause instanceof Error ? cause.stack : undefined;
  return { code, details, stack: causeStack ?? stack ?? code };
}
