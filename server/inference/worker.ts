/** A worker process: loads everything, says so, then answers one image after another. */
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { AppError, errorParts } from '@sld-edge/runtime';
import { outliveLogReaders } from '../log.ts';
import { createImageClassifiers, type ImageClassifiers } from './image-classifiers.ts';
import type { ClassifyJob, FromWorker, InferenceSetup, ToWorker } from './protocol.ts';
import { openWorkerChannel } from './worker-channel.ts';

/** Garbage of a picture that left more than this is collected before the answer is given, and with it the memory. */
const COLLECTED_FROM_BYTES = 16_000_000;
const MOST_COLLECTIONS = 5;
/** Memory that images up to this size are read into, one after another. */
const imageMemory = Buffer.alloc(512 * 1024);
const ADMITTED_BYTES = 256;

outliveLogReaders();
// The server decides when it ends: a signal to the whole process group must not end what is under way.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
const { receive, send } = openWorkerChannel();
await serve(await start(next('setup', imageMemory).message.setup));

/** Waits for a message, and ends the process if the server has gone. */
function next<Type extends ToWorker['type']>(type: Type, memory: Buffer): { message: ToWorker & { type: Type }; bytes: Uint8Array } {
  const frame = receive(memory);
  if (!frame) process.exit();
  if (frame.message.type !== type) throw new AppError('INTERNAL', { expected: type, type: frame.message.type });
  return { ...frame, message: frame.message as ToWorker & { type: Type } };
}

async function start(setup: InferenceSetup): Promise<ImageClassifiers> {
  try {
    const classifiers = await createImageClassifiers(setup, {
      onOpened: (variant) => send({ type: 'opened', variant }),
      onClosed: (variant) => send({ type: 'closed', variant }),
      onDemotion: (variant) => send({ type: 'demoted', variant }),
      onThreadLost: (reason) => send({ type: 'thread-lost', reason }),
    });
    const { warmed, refused, jpeg } = classifiers;
    send({ type: 'ready', warmed, refused, jpeg });
    return classifiers;
  } catch (error) {
    send({ type: 'failed', error: errorParts(error) });
    process.exit();
  }
}

async function serve({ classify }: ImageClassifiers): Promise<never> {
  for (;;) {
    const { message, bytes } = next('classify', imageMemory);
    await answer(classify, { ...message.job, bytes }, message.grantedBytes);
    // Threads, native libraries and the garbage collection have something to say, too.
    await turn();
  }
}

async function answer(classify: ImageClassifiers['classify'], job: ClassifyJob, grantedBytes: number): Promise<void> {
  /** Memory before a picture that may leave much; what others leave is collected in its time. */
  let residentBefore: number | undefined;
  const admit = async ({ decodingBytes }: { decodingBytes: number }): Promise<void> => {
    if (decodingBytes > COLLECTED_FROM_BYTES) residentBefore = process.memoryUsage.rss();
    if (decodingBytes <= grantedBytes) return;
    send({ type: 'needs', decodingBytes });
    next('admitted', Buffer.alloc(ADMITTED_BYTES));
  };
  let message: FromWorker;
  let logits: Float32Array | undefined;
  try {
    const { logits: computed, ...answer } = await classify(job, admit);
    logits = computed;
    message = { type: 'answer', answer };
  } catch (error) {
    message = { type: 'error', error: errorParts(error) };
  }
  if (residentBefore !== undefined) await collectGarbage(residentBefore);
  send(message, logits && new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength));
}

/** Buffers of native libraries are freed some rounds of the event loop after they were found to be garbage. */
async function collectGarbage(residentBefore: number): Promise<void> {
  for (let attempt = 0; attempt < MOST_COLLECTIONS && process.memoryUsage.rss() > residentBefore + COLLECTED_FROM_BYTES; attempt++) {
    globalThis.gc?.();
    await wait(2);
  }
}
