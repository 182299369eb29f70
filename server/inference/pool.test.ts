import { kill } from 'node:process';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_LIMITS } from '@sld-edge/runtime';
import { gradientImage } from '@sld-edge/runtime/testing';
import { createByteBudget } from '../byte-budget.ts';
import { writeModelsFolder, type ModelsFolder } from '../testing/models-folder.ts';
import { readSetup } from '../testing/test-server.ts';
import { createImageClassifiers } from './image-classifiers.ts';
import { createInferencePool, type InferencePool, type PoolOptions } from './pool.ts';
import type { ClassifyAnswer, ClassifyJob, FromWorker, InferenceSetup, ToWorker, WarmedVariant } from './protocol.ts';
import { spawnWorker, type WorkerProcess } from './spawn-worker.ts';

const JOB: ClassifyJob = { bytes: new Uint8Array(1), model: 'shapes', version: '0123456789ab', variant: 'uint8', topK: 3 };
const ANSWER: ClassifyAnswer = {
  model: 'shapes',
  version: '0123456789ab',
  variant: 'uint8',
  backend: 'tfjs-wasm',
  predictions: [],
  abstained: false,
  timingMs: { decode: 1, preprocess: 1, inference: 1 },
};
const FOREVER_MS = 600_000;

describe('a pool of processes', () => {
  let folder: ModelsFolder;
  let setup: InferenceSetup;
  let pool: InferencePool;
  const spawned: WorkerProcess[] = [];
  const spawn = (): WorkerProcess => {
    spawned.push(spawnWorker());
    return spawned.at(-1)!;
  };
  beforeAll(async () => {
    folder = await writeModelsFolder();
    setup = await readSetup(folder.dir);
    pool = await createInferencePool(setup, { size: 2, queueLimit: 100, decodeTimeoutMs: FOREVER_MS, deadlineMs: FOREVER_MS, spawn });
    return async () => {
      await pool.close();
      folder.remove();
    };
  });

  it('answers as the same code in this process does, many at a time', async () => {
    const here = await createImageClassifiers(setup, {
      onOpened: () => undefined,
      onClosed: () => undefined,
      onDemotion: () => undefined,
      onThreadLost: () => undefined,
    });
    const images = await Promise.all([40, 60, 800].map((width) => gradientImage(width, width).png().toBuffer()));
    // More than one chunk of a pipe.
    expect(images[2].length).toBeGreaterThan(100_000);
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

  it('loses with a killed process the image that it had and no other, and replaces it', async () => {
    const [first] = spawned;
    const image = await gradientImage(3000, 3000).png().toBuffer();
    const answers = Promise.allSettled(Array.from({ length: 6 }, () => pool.classify({ ...JOB, bytes: image })));
    kill(first.pid!, 'SIGKILL');
    const lost = (await answers).filter(({ status }) => status === 'rejected');
    expect(lost).toEqual([
      expect.objectContaining({
        reason: expect.objectContaining({ code: 'WORKER_LOST', status: 503, details: { retryAfterSeconds: 1 } }) as unknown,
      }),
    ]);
    await vi.waitFor(() => expect(pool.alive()).toBe(2), { timeout: 60_000, interval: 50 });
    expect(spawned).toHaveLength(3);
    expect((await pool.classify({ ...JOB, bytes: image })).backend).toBe('tfjs-wasm');
  });

  it('names a package whose default variant misses its goldens', async () => {
    const tampered = await writeModelsFolder({ changeGoldens: (goldens) => (goldens.outputs.uint8![0][0] += 0.01) });
    const options = { size: 1, queueLimit: 1, decodeTimeoutMs: FOREVER_MS, deadlineMs: FOREVER_MS };
    const one = await createInferencePool(await readSetup(tampered.dir), options);
    expect(one.refused).toMatchObject([
      { name: 'shapes', version: '0123456789ab', error: { code: 'BACKEND_GOLDEN_MISMATCH', details: { variant: 'uint8' } } },
    ]);
    expect(one.warmed).toEqual([]);
    await one.close();
    tampered.remove();
  });

  it('loads another variant when it is asked for, and TensorFlow.js with it', async () => {
    const integers = await writeModelsFolder({ integer: true, changeManifest: (manifest) => (manifest.defaultVariant = 'integer') });
    const one = await createInferencePool(await readSetup(integers.dir), {
      size: 1,
      queueLimit: 1,
      decodeTimeoutMs: FOREVER_MS,
      deadlineMs: FOREVER_MS,
    });
    const bytes = await gradientImage().png().toBuffer();
    expect(one.warmed).toMatchObject([{ variant: 'integer', backend: 'wasm' }]);
    expect((await one.classify({ ...JOB, variant: 'integer', bytes })).backend).toBe('wasm');
    for (let i = 0; i < 2; i++) expect((await one.classify({ ...JOB, bytes })).backend).toBe('tfjs-wasm');
    expect(one.warmed.map(({ variant }) => variant)).toEqual(['integer', 'uint8']);
    expect(one.alive()).toBe(1);
    await one.close();
    integers.remove();
  });

  it('answers with no variant whose golden was tampered with, and with the others', async () => {
    const tampered = await writeModelsFolder({ changeGoldens: (goldens) => (goldens.outputs.float32![0][0] += 0.01) });
    const one = await createInferencePool(await readSetup(tampered.dir), {
      size: 1,
      queueLimit: 1,
      decodeTimeoutMs: FOREVER_MS,
      deadlineMs: FOREVER_MS,
    });
    const bytes = await gradientImage().png().toBuffer();
    for (let i = 0; i < 2; i++)
      await expect(one.classify({ ...JOB, variant: 'float32', bytes })).rejects.toMatchObject({ code: 'BACKEND_GOLDEN_MISMATCH' });
    expect((await one.classify({ ...JOB, bytes })).variant).toBe('uint8');
    await one.close();
    tampered.remove();
  });
});

/** A worker that answers when told to. */
class FakeWorker implements WorkerProcess {
  readonly pid = undefined;
  readonly received: ToWorker[] = [];
  killed = false;
  private listener: (message: FromWorker) => void = () => undefined;
  private endListener: (reason: Error) => void = () => undefined;
  constructor(first: FromWorker) {
    queueMicrotask(() => this.say(first));
  }
  say(message: FromWorker): void {
    this.listener(message);
  }
  answer(): void {
    this.say({ type: 'answer', answer: ANSWER });
  }
  end(reason = new Error('ended')): void {
    this.endListener(reason);
  }
  send(message: ToWorker): void {
    if (message.type !== 'setup') this.received.push(message);
  }
  onMessage(listener: (message: FromWorker) => void): void {
    this.listener = listener;
  }
  onEnd(listener: (reason: Error) => void): void {
    this.endListener = listener;
  }
  kill(): void {
    this.killed = true;
    // A process takes a while to end.
    setTimeout(() => this.end(), 10);
  }
}

const JPEG = { decoder: 'sharp', reason: 'in the test' };
const READY: FromWorker = { type: 'ready', warmed: [], refused: [], jpeg: JPEG };
const FAILED: FromWorker & { type: 'failed' } = {
  type: 'failed',
  error: { code: 'BACKEND_UNAVAILABLE', details: { backend: 'tfjs-wasm', reason: 'gone' } },
};

/** A pool of workers that begin with these messages, the others ready. */
async function fakePool(options: Partial<PoolOptions>, ...firsts: FromWorker[]) {
  const workers: FakeWorker[] = [];
  const spawn = (): WorkerProcess => {
    workers.push(new FakeWorker(firsts[workers.length] ?? READY));
    return workers.at(-1)!;
  };
  const setup: InferenceSetup = {
    modelsDir: '',
    packages: [],
    limits: { ...DEFAULT_LIMITS, maxDecodingBytes: 100 },
    threads: 1,
    float32Backend: 'tfjs-wasm',
    memoryBytes: null,
  };
  const pool = createInferencePool(setup, {
    size: 1,
    queueLimit: 5,
    decodeTimeoutMs: FOREVER_MS,
    deadlineMs: FOREVER_MS,
    retryDelayMs: 1,
    spawn,
    ...options,
  });
  await pool.catch(() => undefined);
  return { workers, pool };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the queue', () => {
  it('refuses what is beyond the workers and the limit, and takes more when one is done', async () => {
    const { workers, pool: made } = await fakePool({ queueLimit: 1 });
    const pool = await made;
    // One is with the worker, one waits.
    const accepted = [pool.classify(JOB), pool.classify(JOB)];
    expect(workers[0].received).toHaveLength(1);
    await expect(pool.classify(JOB)).rejects.toMatchObject({
      code: 'OVERLOADED',
      status: 503,
      details: { queued: 1, retryAfterSeconds: 1 },
    });
    expect(() => pool.requireCapacity()).toThrow('1 images are waiting');
    workers[0].answer();
    await settled();
    pool.requireCapacity();
    workers[0].answer();
    expect(await Promise.all(accepted)).toEqual([ANSWER, ANSWER]);
  });

  it('forgets an image for which nobody waits any more', async () => {
    const { workers, pool: made } = await fakePool({ queueLimit: 1 });
    const pool = await made;
    void pool.classify(JOB);
    const client = new AbortController();
    const abandoned = pool.classify(JOB, () => client.signal);
    expect(() => pool.requireCapacity()).toThrow();
    client.abort();
    await expect(abandoned).rejects.toMatchObject({ code: 'REQUEST_MALFORMED' });
    pool.requireCapacity();
    workers[0].answer();
    await settled();
    expect(workers[0].received).toHaveLength(1);
  });

  it('spreads the images over the workers', async () => {
    const { workers, pool } = await fakePool({ size: 2, queueLimit: 0 });
    for (let i = 0; i < 2; i++) void (await pool).classify(JOB);
    expect(workers.map(({ received }) => received.length)).toEqual([1, 1]);
  });
});

describe('the deadline of a request', () => {
  it('ends the wait of an image, in the queue and with a worker, which goes on', async () => {
    const { workers, pool: made } = await fakePool({ deadlineMs: 20 });
    const pool = await made;
    const [computed, waiting] = [pool.classify(JOB), pool.classify(JOB)];
    const late = { code: 'DEADLINE_EXCEEDED', status: 503, details: { deadlineMs: 20 } };
    await Promise.all([waiting, computed].map((answer) => expect(answer).rejects.toMatchObject(late)));
    expect(pool.queued()).toBe(0);
    workers[0].answer();
    await settled();
    const next = pool.classify(JOB);
    expect(workers[0].received).toHaveLength(2);
    workers[0].answer();
    expect(await next).toEqual(ANSWER);
    expect(workers[0].killed).toBe(false);
  });

  it('is kept by turning away what the queue is too long for', async () => {
    const { workers, pool: made } = await fakePool({ deadlineMs: 200, queueLimit: 100 });
    const pool = await made;
    const slow = pool.classify(JOB);
    await new Promise((resolve) => setTimeout(resolve, 90));
    workers[0].answer();
    await slow;
    const accepted = [pool.classify(JOB), pool.classify(JOB), pool.classify(JOB)];
    // About 90 ms an image: the fourth would be answered after 360.
    await expect(pool.classify(JOB)).rejects.toMatchObject({ code: 'OVERLOADED', details: { queued: 2 } });
    for (const one of accepted) {
      workers[0].answer();
      expect(await one).toEqual(ANSWER);
      await settled();
    }
  });
});

describe('the memory for decoding', () => {
  it("is granted with an image only where its variant is loaded: loading takes memory that is not the image's", async () => {
    const { version, variant, model } = JOB;
    const loaded = { model, version, variant, backend: 'tfjs-wasm', goldenError: 0, threads: 1 } as const;
    const ready: FromWorker = { type: 'ready', warmed: [loaded], refused: [], jpeg: JPEG };
    const { workers, pool: made } = await fakePool({ decodingBudget: createByteBudget(100_000_000) }, ready);
    const pool = await made;
    for (const job of [JOB, { ...JOB, variant: 'float32' } as const]) {
      const answer = pool.classify(job);
      workers[0].answer();
      await answer;
    }
    expect(workers[0].received).toMatchObject([{ grantedBytes: 24_000_000 }, { grantedBytes: 0 }]);
  });

  it('is one for all workers: a picture waits until what it needs is free, and its deadline does not run', async () => {
    const { workers, pool: made } = await fakePool({ size: 2, decodeTimeoutMs: 50 });
    const pool = await made;
    const [first, second] = [pool.classify(JOB), pool.classify(JOB)];
    workers[0].say({ type: 'needs', decodingBytes: 70 });
    workers[1].say({ type: 'needs', decodingBytes: 40 });
    await settled();
    const admitted = () => workers.map(({ received }) => received.filter(({ type }) => type === 'admitted').length);
    expect(admitted()).toEqual([1, 0]);
    // The first one's runs out; what it held goes to the second.
    await expect(first).rejects.toMatchObject({ code: 'IMAGE_TOO_SLOW', details: { timeoutMs: 50 } });
    await settled();
    expect(admitted().slice(0, 2)).toEqual([1, 1]);
    workers[1].answer();
    expect(await second).toEqual(ANSWER);
  });
});

describe('a deadline', () => {
  it('ends the worker that has the image, and no other; it is replaced, and nothing is sent to it before', async () => {
    const { workers, pool: made } = await fakePool({ size: 2, decodeTimeoutMs: 20 });
    const pool = await made;
    await expect(pool.classify(JOB)).rejects.toMatchObject({ code: 'IMAGE_TOO_SLOW', status: 422 });
    // It has not ended yet.
    const other = pool.classify(JOB);
    workers[1].answer();
    expect(await other).toEqual(ANSWER);
    expect(workers[0].received).toHaveLength(1);
    await vi.waitFor(() => expect(workers.map(({ killed }) => killed)).toEqual([true, false, false]));
    await vi.waitFor(() => expect(pool.alive()).toBe(2));
  });
});

describe('a worker that gave a backend up', () => {
  it('goes on, and the log and the list of variants say so', async () => {
    const warmed = { model: 'shapes', version: '0123456789ab', variant: 'integer', backend: 'wasm', goldenError: 0, threads: 2 } as const;
    const other = { ...warmed, variant: 'uint8', backend: 'tfjs-wasm', threads: 1 } as const;
    const demoted = { ...warmed, backend: 'interpreter', rejected: [{ backend: 'wasm', reason: 'RuntimeError: unreachable' }] } as const;
    const ready = (): FromWorker => ({ type: 'ready', warmed: [warmed, other], refused: [], jpeg: JPEG });
    const log = vi.fn();
    const { workers, pool: made } = await fakePool({ size: 2, log }, ready(), ready());
    const pool = await made;
    expect(pool.warmed).toEqual([warmed, other]);
    workers[1].say({ type: 'demoted', variant: structuredClone(demoted) as unknown as WarmedVariant });
    expect(log.mock.calls).toEqual([[{ event: 'backend-demoted', level: 'error', ...demoted }]]);
    // The first worker still answers by the one, the second by the other.
    expect(pool.warmed).toEqual([warmed, other, demoted]);
    expect(pool.alive()).toBe(2);
  });
});

describe('a worker that lost a helper thread', () => {
  it('goes on with one thread, and the log and the list of variants say so', async () => {
    const warmed = { model: 'shapes', version: '0123456789ab', variant: 'integer', backend: 'wasm', goldenError: 0, threads: 2 } as const;
    const log = vi.fn();
    const { workers, pool: made } = await fakePool({ log }, { type: 'ready', warmed: [warmed], refused: [], jpeg: JPEG });
    const pool = await made;
    workers[0].say({ type: 'thread-lost', reason: 'a thread has ended with code 1' });
    expect(log.mock.calls).toEqual([[{ event: 'thread-lost', level: 'error', reason: 'a thread has ended with code 1' }]]);
    expect(pool.warmed).toEqual([{ ...warmed, threads: 1 }]);
  });
});

describe('a worker that dies', () => {
  it('fails the image it had, and is replaced for those that wait', async () => {
    const { workers, pool: made } = await fakePool({});
    const pool = await made;
    const [first, waiting] = [pool.classify(JOB), pool.classify(JOB)];
    workers[0].end(new Error('out of memory'));
    expect(pool.alive()).toBe(0);
    await expect(first).rejects.toMatchObject({ code: 'WORKER_LOST', status: 503, cause: { message: 'out of memory' } });
    await settled();
    expect(workers).toHaveLength(2);
    workers[1].answer();
    expect(await waiting).toEqual(ANSWER);
  });

  it('leaves nothing waiting when it cannot be replaced, which is tried again', async () => {
    const log = vi.fn();
    const { workers, pool: made } = await fakePool({ log, retryDelayMs: 20 }, READY, FAILED);
    const pool = await made;
    void pool.classify(JOB).catch(() => undefined);
    const waiting = pool.classify(JOB);
    workers[0].end();
    await expect(waiting).rejects.toMatchObject({
      code: 'NOT_READY',
      message: expect.stringContaining('no worker is alive: BACKEND_UNAVAILABLE') as unknown,
    });
    expect(() => pool.requireCapacity()).toThrow('no worker is alive');
    await vi.waitFor(() => expect(pool.alive()).toBe(1));
    pool.requireCapacity();
    expect(log.mock.calls.map(([record]) => (record as { event: string }).event)).toEqual([
      'worker-lost',
      'worker-not-replaced',
      'worker-replaced',
    ]);
  });

  it('is not replaced by one that refuses a package which the others answer for', async () => {
    const log = vi.fn();
    const refusing: FromWorker = {
      type: 'ready',
      warmed: [],
      jpeg: JPEG,
      refused: [{ name: 'shapes', version: '0123456789ab', error: FAILED.error }],
    };
    const { workers, pool: made } = await fakePool({ size: 2, log, retryDelayMs: 5 }, READY, READY, refusing, READY);
    const pool = await made;
    workers[0].end();
    await vi.waitFor(() => expect(pool.alive()).toBe(2));
    await vi.waitFor(() => expect(workers.map(({ killed }) => killed)).toEqual([false, false, true, false]));
    expect(log.mock.calls.map(([record]) => (record as { event: string }).event)).toEqual([
      'worker-lost',
      'worker-not-replaced',
      'worker-replaced',
    ]);
  });

  it('ends the others when one cannot start', async () => {
    const { workers, pool } = await fakePool({ size: 2, queueLimit: 0 }, READY, FAILED);
    await expect(pool).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
    expect(workers.map(({ killed }) => killed)).toEqual([true, true]);
  });
});
