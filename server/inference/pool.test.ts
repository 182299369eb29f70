import { EventEmitter } from 'node:events';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { gradientImage } from '@sld-edge/runtime/testing/images.ts';
import { writeModelsFolder, type ModelsFolder } from '../testing/models-folder.ts';
import { setupOf } from '../testing/test-server.ts';
import { createImageClassifiers } from './image-classifiers.ts';
import { createInferencePool, type InferencePool, type PoolWorker } from './pool.ts';
import type { ClassifyAnswer, ClassifyJob, FromWorker, InferenceSetup, ToWorker } from './protocol.ts';

const JOB: ClassifyJob = { bytes: new Uint8Array(1), model: 'shapes', version: '0123456789ab', variant: 'uint8', topK: 3 };
const ANSWER: ClassifyAnswer = { backend: 'tfjs-wasm', predictions: [], abstained: false, timingMs: { decode: 1, preprocess: 1, inference: 1 } };

describe('a pool of threads', () => {
  let folder: ModelsFolder;
  let setup: InferenceSetup;
  let pool: InferencePool;
  beforeAll(async () => {
    folder = await writeModelsFolder();
    setup = await setupOf(folder.dir);
    pool = await createInferencePool(setup, { size: 2, queueLimit: 100 });
    return async () => {
      await pool.close();
      folder.remove();
    };
  });

  it('answers as the same code in this thread does, many at a time', async () => {
    const here = await createImageClassifiers(setup);
    const images = await Promise.all([40, 60, 80].map((width) => gradientImage(width, 50).jpeg().toBuffer()));
    const expected = await Promise.all(images.map((bytes) => here.classify({ ...JOB, bytes })));
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => pool.classify({ ...JOB, bytes: images[i % 3] })));
    answers.forEach((answer, i) => expect(answer.predictions).toEqual(expected[i % 3].predictions));
    here.dispose();
  });

  it('keeps the code and the details of an error', async () => {
    await expect(pool.classify({ ...JOB, bytes: Buffer.from('text') })).rejects.toMatchObject({
      name: 'AppError',
      code: 'IMAGE_NOT_RECOGNISED',
      details: { bytes: 4 },
    });
  });

  it('is not made when a golden was tampered with', async () => {
    const tampered = await writeModelsFolder({ changeGoldens: (goldens) => (goldens.logits.float32[0][0] += 0.01) });
    await expect(createInferencePool(await setupOf(tampered.dir), { size: 1, queueLimit: 1 })).rejects.toMatchObject({
      code: 'BACKEND_GOLDEN_MISMATCH',
      details: { variant: 'float32' },
    });
    tampered.remove();
  });
});

/** A worker that answers when told to. */
class FakeWorker extends EventEmitter {
  received: ToWorker[] = [];
  terminate = vi.fn(async () => 0);
  constructor(first: FromWorker) {
    super();
    queueMicrotask(() => this.emit('message', first));
  }
  postMessage(message: ToWorker): void {
    this.received.push(message);
  }
  answerNext(): void {
    this.emit('message', { type: 'answer', id: this.received.shift()!.id, answer: ANSWER } satisfies FromWorker);
  }
}

const READY: FromWorker = { type: 'ready', warmed: [] };
const FAILED: FromWorker = { type: 'failed', error: { code: 'BACKEND_UNAVAILABLE', details: { backend: 'tfjs-wasm', reason: 'gone' }, stack: '' } };

function fakes(...firsts: FromWorker[]) {
  const workers: FakeWorker[] = [];
  const spawn = () => {
    const worker = new FakeWorker(firsts[workers.length] ?? READY);
    workers.push(worker);
    return worker as unknown as PoolWorker;
  };
  return { workers, spawn };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the queue', () => {
  it('refuses what is beyond the workers and the limit, and takes more when one is done', async () => {
    const { workers, spawn } = fakes();
    const pool = await createInferencePool({} as InferenceSetup, { size: 1, queueLimit: 1, spawn });
    // Two are with the worker, one waits.
    const accepted = [pool.classify(JOB), pool.classify(JOB), pool.classify(JOB)];
    expect(workers[0].received).toHaveLength(2);
    await expect(pool.classify(JOB)).rejects.toMatchObject({ code: 'OVERLOADED', status: 503, details: { queued: 1, retryAfterSeconds: 1 } });
    expect(() => pool.requireCapacity()).toThrow('1 images are waiting');
    workers[0].answerNext();
    await settled();
    pool.requireCapacity();
    workers[0].answerNext();
    workers[0].answerNext();
    expect(await Promise.all(accepted)).toEqual([ANSWER, ANSWER, ANSWER]);
  });

  it('forgets an image for which nobody waits any more', async () => {
    const { workers, spawn } = fakes();
    const pool = await createInferencePool({} as InferenceSetup, { size: 1, queueLimit: 1, spawn });
    for (let i = 0; i < 2; i++) void pool.classify(JOB);
    const client = new AbortController();
    const abandoned = pool.classify(JOB, client.signal);
    expect(() => pool.requireCapacity()).toThrow();
    client.abort();
    await expect(abandoned).rejects.toMatchObject({ code: 'REQUEST_MALFORMED' });
    pool.requireCapacity();
    workers[0].answerNext();
    await settled();
    expect(workers[0].received).toHaveLength(1);
  });

  it('spreads the images over the workers', async () => {
    const { workers, spawn } = fakes();
    const pool = await createInferencePool({} as InferenceSetup, { size: 2, queueLimit: 0, spawn });
    for (let i = 0; i < 2; i++) void pool.classify(JOB);
    expect(workers.map(({ received }) => received.length)).toEqual([1, 1]);
  });
});

describe('a worker that dies', () => {
  it('fails the images it had, and is replaced for those that wait', async () => {
    const { workers, spawn } = fakes();
    const pool = await createInferencePool({} as InferenceSetup, { size: 1, queueLimit: 5, spawn });
    const [first, second, waiting] = [pool.classify(JOB), pool.classify(JOB), pool.classify(JOB)];
    workers[0].emit('error', new Error('out of memory'));
    workers[0].emit('exit', 1);
    await expect(first).rejects.toMatchObject({ code: 'INTERNAL', cause: { message: 'out of memory' } });
    await expect(second).rejects.toMatchObject({ code: 'INTERNAL' });
    await settled();
    expect(workers).toHaveLength(2);
    workers[1].answerNext();
    expect(await waiting).toEqual(ANSWER);
  });

  it('is reported when it cannot be replaced, and nothing goes on waiting', async () => {
    const { workers, spawn } = fakes(READY, FAILED);
    const onFailure = vi.fn();
    const pool = await createInferencePool({} as InferenceSetup, { size: 1, queueLimit: 5, spawn, onFailure });
    void pool.classify(JOB).catch(() => undefined);
    void pool.classify(JOB).catch(() => undefined);
    const waiting = pool.classify(JOB);
    workers[0].emit('exit', 1);
    await expect(waiting).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
    expect(onFailure).toHaveBeenCalledWith(expect.objectContaining({ code: 'BACKEND_UNAVAILABLE' }));
  });

  it('terminates the others when one cannot start', async () => {
    const { workers, spawn } = fakes(READY, FAILED);
    await expect(createInferencePool({} as InferenceSetup, { size: 2, queueLimit: 0, spawn })).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
    expect(workers.every(({ terminate }) => terminate.mock.calls.length === 1)).toBe(true);
  });
});

