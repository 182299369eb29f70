/** A worker process: loads everything, says so, then answers one image after another. */
import { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { errorParts } from '@sld-edge/runtime';
import { outliveLogReaders } from '../log.ts';
import { createImageClassifiers } from './image-classifiers.ts';
import { IMAGE_PIPE, type FromWorker, type InferenceSetup, type ToWorker } from './protocol.ts';

/** Garbage of a picture that left more than this is collected before the answer is given, and with it the memory. */
const COLLECTED_FROM_BYTES = 16_000_000;
const MOST_COLLECTIONS = 5;

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
    const { classify, warmed, refused, jpeg } = await createImageClassifiers(setup, {
      onOpened: (variant) => send({ type: 'opened', variant }),
      onClosed: (variant) => send({ type: 'closed', variant }),
      onDemotion: (variant) => send({ type: 'demoted', variant }),
      onThreadLost: (reason) => send({ type: 'thread-lost', reason }),
    });
    process.on('message', (message: ToWorker) => {
      if (message.type === 'classify') void answer(classify, message);
    });
    send({ type: 'ready', warmed, refused, jpeg });
  } catch (error) {
    send({ type: 'failed', error: errorParts(error) });
  }
}

async function answer(
  classify: Awaited<ReturnType<typeof createImageClassifiers>>['classify'],
  { job, byteLength, grantedBytes }: ToWorker & { type: 'classify' },
): Promise<void> {
  /** Memory before a picture that may leave much; what others leave is collected in its time. */
  let residentBefore: number | undefined;
  const admit = async ({ decodingBytes }: { decodingBytes: number }): Promise<void> => {
    if (decodingBytes > COLLECTED_FROM_BYTES) residentBefore = process.memoryUsage.rss();
    if (decodingBytes <= grantedBytes) return;
    send({ type: 'needs', decodingBytes });
    return new Promise((resolve) => (admitted = resolve));
  };
  let message: FromWorker;
  try {
    message = { type: 'answer', answer: await classify({ ...job, bytes: await readBytes(byteLength) }, admit) };
  } catch (error) {
    message = { type: 'error', error: errorParts(error) };
  }
  if (residentBefore !== undefined) await collectGarbage(residentBefore);
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

/** Buffers of native libraries are freed some rounds of the event loop after they were found to be garbage. */
async function collectGarbage(residentBefore: number): Promise<void> {
  for (let attempt = 0; attempt < MOST_COLLECTIONS && process.memoryUsage.rss() > residentBefore + COLLECTED_FROM_BYTES; attempt++) {
    globalThis.gc?.();
    await wait(2);
  }
}
