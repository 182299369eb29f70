import { AppError, appErrorFromParts, toAppError } from '@sld-edge/runtime';
import { createByteBudget, type ByteBudget } from '../byte-budget.ts';
import type { Log } from '../log.ts';
import type { PoolObserver } from './observer.ts';
import type { ClassifyAnswer, ClassifyJob, InferenceSetup, JpegDecoding, RefusedSetup, WarmedVariant } from './protocol.ts';
import { residentBytes } from './resident-memory.ts';
import { spawnWorker, type WorkerProcess } from './spawn-worker.ts';
import { RETRY_AFTER_SECONDS, startWorker, type SupervisedWorker } from './supervised-worker.ts';

export interface InferencePool {
  /**
   * @param abandoned asked for if the image has to wait: when it is aborted, the image leaves the queue if it is still in it
   * @throws AppError OVERLOADED when the queue is full or too slow for the deadline, DEADLINE_EXCEEDED, NOT_READY when no worker can be
   * started, IMAGE_*, WORKER_LOST
   */
  classify(job: ClassifyJob, abandoned?: () => AbortSignal): Promise<ClassifyAnswer>;
  /** @throws AppError OVERLOADED, NOT_READY if `classify` would be refused now: asked before a body is read */
  requireCapacity(): void;
  /** Workers that take images now. */
  alive(): number;
  /** Workers that have an image. */
  busy(): number;
  /** Images that wait for a worker. */
  queued(): number;
  /** Physical memory of all workers; 0 where the system does not tell. */
  residentBytes(): number;
  /** Packages that a worker could not load, or whose goldens it missed, at the start. */
  readonly refused: readonly { name: string; version: string; error: AppError }[];
  /** Each variant with the backend that answers for it; several times where workers differ. */
  readonly warmed: readonly WarmedVariant[];
  /** Decoders of ordinary JPEGs; several where workers differ. */
  readonly jpeg: readonly JpegDecoding[];
  close(): Promise<void>;
}

export interface PoolOptions {
  /** Worker processes. */
  size: number;
  /** Images that may wait beyond those being computed. */
  queueLimit: number;
  /** Time from an image's arrival in a worker to its answer; then that process is ended and replaced. */
  decodeTimeoutMs: number;
  /** Time from an image's arrival to its answer, waiting included. */
  deadlineMs: number;
  /** Memory for decoding, where pools share it. Default: one of the setup's size. */
  decodingBudget?: ByteBudget;
  log?: Log;
  observer?: PoolObserver;
  /** Default: a worker process. */
  spawn?: () => WorkerProcess;
  /** Delay before a second attempt to replace a worker; doubled with each, up to a minute. */
  retryDelayMs?: number;
}

interface Task {
  job: ClassifyJob;
  arrivedAt: number;
  deadline?: NodeJS.Timeout;
  resolve: (answer: ClassifyAnswer) => void;
  reject: (error: AppError) => void;
}

const LONGEST_RETRY_DELAY_MS = 60_000;
const AVERAGED_IMAGES = 32;

/**
 * Worker processes that decode, preprocess and infer, one image at a time each. Processes and not threads: what decodes
 * untrusted bytes may end, or be ended, without taking the server along. Memory for decoding (`setup.limits.maxDecodingBytes`)
 * is one budget for all of them; a picture for which there is none left waits in its worker.
 *
 * @throws AppError of the first worker that cannot load the packages or does not reproduce their goldens
 */
export async function createInferencePool(setup: InferenceSetup, options: PoolOptions): Promise<InferencePool> {
  const { spawn = spawnWorker, log = () => undefined, observer, deadlineMs, retryDelayMs = 500 } = options;
  const workers = new Set<SupervisedWorker>();
  const queue: Task[] = [];
  let closing = false;
  /** Packages that workers did not answer for at the start, by name and version. */
  const refused = new Map<string, RefusedSetup>();
  /** Time of an image in a worker, of the last ones. */
  let meanMs = 0;
  let finished = 0;
  /** Reason why the last attempt to replace a worker failed, until one succeeds. */
  let failure: AppError | undefined;

  const supervision = {
    spawn,
    decodingBudget: options.decodingBudget ?? createByteBudget(setup.limits.maxDecodingBytes),
    decodeTimeoutMs: options.decodeTimeoutMs,
    onEnd: (worker: SupervisedWorker, reason: string) => {
      // One that was not adopted is nobody's loss.
      if (!workers.delete(worker) || closing) return;
      log({ event: 'worker-lost', level: 'error', reason, alive: workers.size });
      void replace();
    },
    onDemotion: (variant: WarmedVariant) => log({ event: 'backend-demoted', level: 'error', ...variant }),
    onThreadLost: (reason: string) => log({ event: 'thread-lost', level: 'error', reason }),
  };

  const expire = (task: Task): void => {
    const position = queue.indexOf(task);
    if (position >= 0) queue.splice(position, 1);
    task.reject(new AppError('DEADLINE_EXCEEDED', { deadlineMs, retryAfterSeconds: RETRY_AFTER_SECONDS }));
  };
  const answered = (task: Task, answer: ClassifyAnswer): void => {
    clearTimeout(task.deadline);
    observer?.onAnswer(answer);
    task.resolve(answer);
  };
  const unanswered = (task: Task, error: AppError): void => {
    clearTimeout(task.deadline);
    observer?.onFailure(error);
    task.reject(error);
  };
  const dispatch = (): void => {
    for (const worker of workers) {
      if (worker.busy) continue;
      const task = queue.shift();
      if (!task) return;
      const startedAt = performance.now();
      observer?.onDispatch(startedAt - task.arrivedAt);
      const over = (): void => {
        const ms = performance.now() - startedAt;
        meanMs += (ms - meanMs) / Math.min(++finished, AVERAGED_IMAGES);
        // First of all, so that the worker waits for nobody.
        dispatch();
      };
      worker.classify(task.job).then(
        (answer) => {
          over();
          answered(task, answer);
        },
        (error: AppError) => {
          over();
          unanswered(task, error);
        },
      );
    }
  };

  const adopt = (worker: SupervisedWorker): void => {
    if (closing) return worker.kill();
    failure = undefined;
    workers.add(worker);
    dispatch();
  };

  /** @throws AppError of a package that other workers answer for and this one would not; none is left without any worker for that */
  const requireAsGood = (worker: SupervisedWorker): SupervisedWorker => {
    const worse = worker.refused.find(({ name, version }) => !refused.has(`${name}@${version}`));
    if (!worse || (workers.size === 0 && worker.warmed.length > 0)) return worker;
    worker.kill();
    throw appErrorFromParts(worse.error);
  };

  const replace = async (): Promise<void> => {
    for (let delayMs = retryDelayMs; !closing; delayMs = Math.min(2 * delayMs, LONGEST_RETRY_DELAY_MS)) {
      try {
        adopt(requireAsGood(await startWorker(setup, supervision)));
        return log({ event: 'worker-replaced', alive: workers.size });
      } catch (error) {
        failure = toAppError(error);
        log({ event: 'worker-not-replaced', level: 'error', code: failure.code, message: failure.message, retryMs: delayMs });
        if (workers.size === 0) for (const task of queue.splice(0)) unanswered(task, notReady(failure));
        await new Promise((resolve) => setTimeout(resolve, delayMs).unref());
      }
    }
  };

  const started = await Promise.allSettled(Array.from({ length: options.size }, () => startWorker(setup, supervision)));
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) closing = true;
  for (const result of started) if (result.status === 'fulfilled') adopt(result.value);
  if (failed) throw failed.reason;
  for (const worker of workers) for (const bad of worker.refused) refused.set(`${bad.name}@${bad.version}`, bad);

  const requireCapacity = (): void => {
    if (failure && workers.size === 0) throw notReady(failure);
    // Turned away now rather than given up later, when its time in the queue was for nothing.
    const isTooSlow = queue.length > 0 && meanMs * (queue.length / Math.max(1, workers.size) + 1) > deadlineMs;
    const places = [...workers].filter(({ busy }) => !busy).length + options.queueLimit;
    if (isTooSlow || queue.length >= places)
      throw new AppError('OVERLOADED', { queued: queue.length, retryAfterSeconds: RETRY_AFTER_SECONDS });
  };

  return {
    refused: [...refused.values()].map(({ error, ...named }) => ({ ...named, error: appErrorFromParts(error) })),
    get warmed() {
      return different([...workers].flatMap(({ warmed }) => warmed));
    },
    get jpeg() {
      return different([...workers].map(({ jpeg }) => jpeg));
    },
    requireCapacity,
    alive: () => workers.size,
    busy: () => [...workers].filter(({ busy }) => busy).length,
    queued: () => queue.length,
    residentBytes: () => [...workers].reduce((sum, { pid }) => sum + (residentBytes(pid) ?? 0), 0),
    async classify(job, abandoned) {
      requireCapacity();
      return new Promise((resolve, reject) => {
        const task: Task = { job, arrivedAt: performance.now(), resolve, reject };
        task.deadline = setTimeout(() => expire(task), deadlineMs);
        queue.push(task);
        dispatch();
        if (queue.at(-1) !== task) return;
        const leave = (): void => {
          const position = queue.indexOf(task);
          if (position < 0) return;
          queue.splice(position, 1);
          clearTimeout(task.deadline);
          reject(new AppError('REQUEST_MALFORMED', { reason: 'the connection closed before the answer' }));
        };
        const gone = abandoned?.();
        if (gone?.aborted) leave();
        else gone?.addEventListener('abort', leave, { once: true });
      });
    },
    async close() {
      closing = true;
      for (const worker of workers) worker.kill();
    },
  };
}

const different = <T>(entries: readonly T[]): T[] => [...new Map(entries.map((entry) => [JSON.stringify(entry), entry])).values()];

function notReady(failure: AppError): AppError {
  return new AppError('NOT_READY', { state: `no worker is alive: ${failure.code}: ${failure.message.replace(/\.$/, '')}` });
}
