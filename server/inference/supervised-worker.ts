import { AppError, appErrorFromParts } from '@sld-edge/runtime';
import type { ByteBudget } from '../byte-budget.ts';
import type { ClassifyAnswer, ClassifyJob, FromWorker, InferenceSetup, JpegDecoding, RefusedSetup, WarmedVariant } from './protocol.ts';
import { residentBytes, watchMemory } from './resident-memory.ts';
import type { WorkerProcess } from './spawn-worker.ts';

/** A worker process that has matched the goldens, and what keeps one picture from taking more than its share. */
export interface SupervisedWorker {
  readonly pid: number | undefined;
  /** Each variant that is loaded, with the backend that answers for it now. */
  readonly warmed: readonly WarmedVariant[];
  readonly jpeg: JpegDecoding;
  /** Packages that it does not answer for. */
  readonly refused: readonly RefusedSetup[];
  /** True if it has an image, or is about to end. */
  readonly busy: boolean;
  /**
   * One image at a time.
   *
   * @throws AppError IMAGE_*, WORKER_LOST when the process ended
   */
  classify(job: ClassifyJob): Promise<ClassifyAnswer>;
  kill(): void;
}

export interface Supervision {
  spawn: () => WorkerProcess;
  /** Shared by all workers. */
  decodingBudget: ByteBudget;
  decodeTimeoutMs: number;
  /** Told when a worker that had started ended, however. */
  onEnd: (worker: SupervisedWorker, reason: string) => void;
  /** Told when another backend has taken the place of one that failed. */
  onDemotion: (variant: WarmedVariant) => void;
  /** Told when a worker has lost a helper thread. */
  onThreadLost: (reason: string) => void;
}

/** Bytes by which a picture may exceed what its header promised: V8's heap, and what the table of costs does not know. */
const TOLERATED_BYTES = 48_000_000;
/** A worker that keeps more than this after a picture is replaced. */
const RETAINED_BYTES = 64_000_000;
/** Memory for decoding that is granted with an image: up to about 3 megapixels of JPEG. */
const ORDINARY_BYTES = 24_000_000;
/** After so many pictures that did not ask for more it is looked at what the worker holds. */
const LOOKED_AT = 16;

export const RETRY_AFTER_SECONDS = 1;

interface Task {
  resolve: (answer: ClassifyAnswer) => void;
  reject: (error: AppError) => void;
  /** Whatever is to be undone when the task is over. */
  cleanUps: (() => void)[];
  deadline?: NodeJS.Timeout;
}

/**
 * Starts a worker process and waits until it has matched the goldens.
 *
 * @throws AppError of what it could not load or reproduce; INTERNAL where it ended without a word
 */
export function startWorker(
  setup: InferenceSetup,
  { spawn, decodingBudget, decodeTimeoutMs, onEnd, onDemotion, onThreadLost }: Supervision,
): Promise<SupervisedWorker> {
  const worker = spawn();
  let task: Task | undefined;
  let warmed: WarmedVariant[] = [];
  let idleBytes: number | undefined;
  /** True of a picture that did not ask for memory. */
  let isSmall = false;
  let answers = 0;
  /** Reason why it is ended from here. */
  let ending: string | undefined;

  const finish = (settle: (task: Task) => void): void => {
    const finished = task;
    task = undefined;
    clearTimeout(finished?.deadline);
    for (const cleanUp of finished?.cleanUps ?? []) cleanUp();
    if (finished) settle(finished);
  };
  const kill = (why: string): void => {
    ending = why;
    worker.kill();
  };
  const killFor = (error: AppError): void => {
    kill(error.message);
    finish(({ reject }) => reject(error));
  };
  const startDeadline = (running: Task): void => {
    running.deadline = setTimeout(() => killFor(new AppError('IMAGE_TOO_SLOW', { timeoutMs: decodeTimeoutMs })), decodeTimeoutMs);
  };
  /** Keeps a picture to the memory that it was granted, until its task is over. */
  const hold = (running: Task, release: () => void, decodingBytes: number): void => {
    running.cleanUps.push(release);
    if (idleBytes === undefined) return;
    const limitBytes = idleBytes + decodingBytes + TOLERATED_BYTES;
    running.cleanUps.push(
      watchMemory(worker.pid, limitBytes, (bytes) =>
        killFor(new AppError('IMAGE_TOO_MUCH_MEMORY', { decodingBytes: bytes - idleBytes!, maxDecodingBytes: limitBytes - idleBytes! })),
      ),
    );
  };
  /** Room for an ordinary picture, where there is some: it need not ask. @returns the bytes, or 0 */
  const grantOrdinary = (running: Task): number => {
    const release = decodingBudget.totalBytes >= ORDINARY_BYTES ? decodingBudget.tryAcquire(ORDINARY_BYTES) : null;
    if (!release) return 0;
    hold(running, release, ORDINARY_BYTES);
    return ORDINARY_BYTES;
  };
  const admit = async (decodingBytes: number): Promise<void> => {
    const asking = task!;
    isSmall = false;
    // Waiting for other pictures is not this one's fault.
    clearTimeout(asking.deadline);
    for (const cleanUp of asking.cleanUps.splice(0)) cleanUp();
    const release = await decodingBudget.acquire(decodingBytes);
    if (task !== asking) return release();
    hold(asking, release, decodingBytes);
    startDeadline(asking);
    worker.send({ type: 'admitted' });
  };
  const replaceIfBloated = (): void => {
    // Reading what it holds costs more than the rest of an answer.
    if (isSmall && ++answers % LOOKED_AT !== 0) return;
    const bytes = residentBytes(worker.pid);
    if (bytes !== undefined && idleBytes !== undefined && bytes > idleBytes + RETAINED_BYTES)
      kill(`it kept ${bytes - idleBytes} bytes after a picture`);
  };

  return new Promise((resolve, reject) => {
    let supervised: SupervisedWorker | undefined;
    const onMessage: Record<FromWorker['type'], (message: never) => void> = {
      ready(message: FromWorker & { type: 'ready' }) {
        warmed = message.warmed;
        idleBytes = residentBytes(worker.pid);
        supervised = {
          pid: worker.pid,
          refused: message.refused,
          jpeg: message.jpeg,
          get warmed() {
            return warmed;
          },
          get busy() {
            return ending !== undefined || task !== undefined;
          },
          classify: ({ bytes, ...job }) =>
            new Promise((resolveTask, rejectTask) => {
              task = { resolve: resolveTask, reject: rejectTask, cleanUps: [] };
              startDeadline(task);
              isSmall = true;
              // A variant is loaded first, which takes memory that is not the picture's.
              const isLoaded = warmed.some((entry) => isSameVariant(entry, job));
              worker.send({ type: 'classify', job, grantedBytes: isLoaded ? grantOrdinary(task) : 0 }, bytes);
            }),
          kill: () => kill('the server ends'),
        };
        resolve(supervised);
      },
      failed({ error }: FromWorker & { type: 'failed' }) {
        reject(appErrorFromParts(error));
        kill(error.code);
      },
      opened({ variant }: FromWorker & { type: 'opened' }) {
        warmed = [...warmed, variant];
        // What it takes in memory and time is not the image's.
        idleBytes = residentBytes(worker.pid);
        if (!task) return;
        clearTimeout(task.deadline);
        startDeadline(task);
      },
      closed({ variant }: FromWorker & { type: 'closed' }) {
        warmed = warmed.filter((entry) => !isSameVariant(entry, variant));
      },
      demoted({ variant: demoted }: FromWorker & { type: 'demoted' }) {
        warmed = warmed.map((entry) => (isSameVariant(entry, demoted) ? demoted : entry));
        onDemotion(demoted);
      },
      'thread-lost'({ reason }: FromWorker & { type: 'thread-lost' }) {
        warmed = warmed.map((entry) => ({ ...entry, threads: 1 }));
        onThreadLost(reason);
      },
      needs: ({ decodingBytes }: FromWorker & { type: 'needs' }) => void admit(decodingBytes),
      answer({ answer }: FromWorker & { type: 'answer' }) {
        replaceIfBloated();
        finish((finished) => finished.resolve(answer));
      },
      error({ error }: FromWorker & { type: 'error' }) {
        replaceIfBloated();
        finish((finished) => finished.reject(appErrorFromParts(error)));
      },
    };
    worker.onMessage((message) => onMessage[message.type](message as never));
    worker.onEnd((reason) => {
      reject(new AppError('INTERNAL', {}, { cause: reason }));
      finish((lost) => lost.reject(new AppError('WORKER_LOST', { retryAfterSeconds: RETRY_AFTER_SECONDS }, { cause: reason })));
      if (supervised) onEnd(supervised, ending ?? reason.message);
    });
    worker.send({ type: 'setup', setup });
  });
}

type VariantId = Pick<WarmedVariant, 'model' | 'version' | 'variant'>;

function isSameVariant(one: VariantId, other: VariantId): boolean {
  return one.model === other.model && one.version === other.version && one.variant === other.variant;
}
