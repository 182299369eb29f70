import type { Worker } from 'node:worker_threads';
import { AppError, appErrorFromParts } from '@sld-edge/runtime';
// Loaded here although only the workers decode: on glibc, sharp must be in the main thread before it is in another.
import 'sharp';
import type { ClassifyAnswer, ClassifyJob, ErrorParts, FromWorker, InferenceSetup, ToWorker, WarmedVariant } from './protocol.ts';
import { spawnWorker } from './spawn-worker.ts';

export interface InferencePool {
  /**
   * @param abandoned nobody waits for the answer any more: the image leaves the queue if it is still in it
   * @throws AppError OVERLOADED when the queue is full, IMAGE_*, INTERNAL when a worker died
   */
  classify(job: ClassifyJob, abandoned?: AbortSignal): Promise<ClassifyAnswer>;
  /** @throws AppError OVERLOADED if `classify` would be refused now: asked before a body is read */
  requireCapacity(): void;
  warmed: WarmedVariant[];
  close(): Promise<void>;
}

export interface PoolOptions {
  /** Worker threads. */
  size: number;
  /** Images that may wait beyond those being computed. */
  queueLimit: number;
  /** A worker died and its replacement cannot be made: the pool answers no more. */
  onFailure?: (error: AppError) => void;
  /** Default: a worker thread. */
  spawn?: (setup: InferenceSetup) => PoolWorker;
}

/** What the pool needs of a worker. */
export type PoolWorker = Pick<Worker, 'on' | 'once' | 'removeAllListeners' | 'postMessage' | 'terminate'>;

interface Task {
  job: ClassifyJob;
  resolve: (answer: ClassifyAnswer) => void;
  reject: (error: AppError) => void;
}

interface Member {
  worker: PoolWorker;
  tasks: Map<number, Task>;
  warmed: WarmedVariant[];
}

/** Two, so that a worker decodes (on libvips' thread) the next image while it computes the last. */
const TASKS_PER_WORKER = 2;

/**
 * Worker threads that decode, preprocess and infer, so that the event loop stays free: tfjs's WebAssembly has no
 * threads in Node and computes synchronously.
 *
 * @throws AppError of the first worker that cannot load the packages or does not reproduce their goldens
 */
export async function createInferencePool(setup: InferenceSetup, options: PoolOptions): Promise<InferencePool> {
  const { spawn = spawnWorker } = options;
  const members = new Set<Member>();
  const queue: Task[] = [];
  let nextId = 0;
  let closing = false;

  const dispatch = () => {
    while (queue.length > 0) {
      let idlest: Member | undefined;
      for (const member of members) if (!idlest || member.tasks.size < idlest.tasks.size) idlest = member;
      if (!idlest || idlest.tasks.size >= TASKS_PER_WORKER) return;
      const task = queue.shift()!;
      const id = nextId++;
      idlest.tasks.set(id, task);
      // The bytes are copied, not moved: a Buffer may be a view into memory that others use.
      idlest.worker.postMessage({ type: 'classify', id, job: task.job } satisfies ToWorker);
    }
  };

  const settle = (member: Member, message: FromWorker) => {
    if (message.type !== 'answer' && message.type !== 'error') return;
    const task = member.tasks.get(message.id);
    member.tasks.delete(message.id);
    if (message.type === 'answer') task?.resolve(message.answer);
    else task?.reject(revive(message.error));
    dispatch();
  };

  const replace = (dead: Member, cause: unknown) => {
    if (!members.delete(dead)) return;
    for (const task of dead.tasks.values()) task.reject(new AppError('INTERNAL', {}, { cause }));
    if (closing) return;
    startMember(spawn(setup)).then(adopt, (error: AppError) => {
      if (members.size === 0) for (const task of queue.splice(0)) task.reject(error);
      options.onFailure?.(error);
    });
  };

  const adopt = (member: Member) => {
    if (closing) return void member.worker.terminate();
    members.add(member);
    member.worker.on('message', (message: FromWorker) => settle(member, message));
    member.worker.on('error', (error) => replace(member, error));
    member.worker.on('exit', (code) => replace(member, new Error(`the worker exited with code ${code}`)));
    dispatch();
  };

  const started = await Promise.allSettled(Array.from({ length: options.size }, () => startMember(spawn(setup))));
  const failed = started.find((result) => result.status === 'rejected');
  for (const result of started) {
    if (result.status === 'fulfilled') {
      if (failed) void result.value.worker.terminate();
      else adopt(result.value);
    }
  }
  if (failed) throw failed.reason;

  const requireCapacity = () => {
    const busy = [...members].reduce((sum, member) => sum + member.tasks.size, 0);
    const waiting = queue.length;
    if (busy >= members.size * TASKS_PER_WORKER && waiting >= options.queueLimit) {
      throw new AppError('OVERLOADED', { queued: waiting, retryAfterSeconds: 1 });
    }
  };

  return {
    warmed: [...members][0].warmed,
    requireCapacity,
    async classify(job, abandoned) {
      requireCapacity();
      return new Promise((resolve, reject) => {
        const task: Task = { job, resolve, reject };
        abandoned?.addEventListener('abort', () => {
          const position = queue.indexOf(task);
          if (position < 0) return;
          queue.splice(position, 1);
          reject(new AppError('REQUEST_MALFORMED', { reason: 'the connection closed before the answer' }));
        });
        queue.push(task);
        dispatch();
      });
    },
    async close() {
      closing = true;
      await Promise.all([...members].map((member) => member.worker.terminate()));
    },
  };
}

/** Waits until a new worker has matched the goldens. */
function startMember(worker: PoolWorker): Promise<Member> {
  return new Promise((resolve, reject) => {
    worker.once('message', (message: FromWorker) => {
      for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
      if (message.type === 'ready') return resolve({ worker, tasks: new Map(), warmed: message.warmed });
      void worker.terminate();
      reject(message.type === 'failed' ? revive(message.error) : new AppError('INTERNAL', {}));
    });
    worker.once('error', (cause) => reject(new AppError('INTERNAL', {}, { cause })));
    worker.once('exit', (code) => reject(new AppError('INTERNAL', {}, { cause: new Error(`the worker exited with code ${code}`) })));
  });
}

function revive(parts: ErrorParts): AppError {
  const error = appErrorFromParts(parts.code, parts.details);
  error.stack = parts.stack;
  return error;
}
