import type { BackendDefinition } from '../backends/backend.ts';
import type { BackendName } from '../backends/names.ts';
import { AppError, toAppError } from '../errors/catalogue.ts';
import type { LoadedPackage } from '../package/load.ts';
import { createClassifier, type PixelClassifier, type ClassifierOptions, type PixelClassification } from './classifier.ts';
import { bySpeed, leastTimes } from './fastest.ts';

/** A backend that is not used. */
export interface RejectedBackend {
  backend: BackendName;
  /** One line for people. */
  reason: string;
}

/** A backend, or several that give the same integers: of these the one answers that is the fastest on this device. */
export type Candidate = BackendDefinition | readonly BackendDefinition[];

export interface DemotionOptions extends Pick<ClassifierOptions, 'recheckEvery'> {
  /** Longest time in which a GPU must have reproduced the goldens, if another candidate could answer; absent: any time. */
  gpuStartMs?: number;
  /** Called when the backend in use was given up and another has taken its place. */
  onDemotion?: (rejection: RejectedBackend) => void;
  /** Clock in milliseconds that times backends; default `performance.now`. */
  now?: () => number;
}

/** A classifier that is replaced by one on the next backend when it fails. */
export interface DemotingClassifier {
  /** The one in use. */
  readonly current: PixelClassifier;
  /** One line for people: what computes, and the times by which it was chosen. */
  readonly description: string;
  /** Backends that are not used, in the order in which they were given up. */
  readonly rejected: readonly RejectedBackend[];
  /** @throws AppError of the last backend when none is left */
  classifyPixels(pixels: Uint8Array, topK?: number): Promise<PixelClassification & { backend: BackendName }>;
  dispose(): void;
}

/**
 * Uses the first candidate that reproduces the package's goldens. Of a group all that do are timed on the first golden image
 * (`SPEED_TURNS`), and follow each other by their speed. One that fails later (it diverges from the goldens, its device is lost) is
 * demoted: the next candidate answers in its place, the same image first.
 *
 * @param candidates in the order in which to try them, at least one
 * @throws AppError of the last candidate where none works
 */
export async function createDemotingClassifier(
  pkg: LoadedPackage,
  candidates: readonly Candidate[],
  { recheckEvery, gpuStartMs, onDemotion, now = () => performance.now() }: DemotionOptions = {},
): Promise<DemotingClassifier> {
  if (candidates.length === 0) throw new RangeError('a classifier needs at least one backend');
  const remaining = [...candidates];
  const rejected: RejectedBackend[] = [];
  /** Least time of an image, of the backends that were timed. */
  const timed = new Map<BackendName, number>();
  let disposed = false;

  const reject = (backend: BackendName, error: AppError): RejectedBackend => {
    const unforeseen = error.code === 'INTERNAL' && error.cause !== undefined;
    const rejection = { backend, reason: unforeseen ? String(error.cause) : error.message };
    rejected.push(rejection);
    return rejection;
  };

  /** The last one stays: there is nothing to put in its place, and the next image may go well. */
  const giveUp = (error: AppError): RejectedBackend => {
    if (remaining.length === 1) throw error;
    return reject((remaining.shift() as BackendDefinition).name, error);
  };

  /** @param isLast nothing else could answer */
  const open = (backend: BackendDefinition, isLast: boolean): Promise<PixelClassifier> => {
    if (backend.device !== 'gpu' || gpuStartMs === undefined || isLast) return createClassifier(pkg, backend, { recheckEvery });
    return withinTime(backend, gpuStartMs, (signal) => createClassifier(pkg, backend, { recheckEvery, signal }));
  };

  /** Puts those of the first group that work in its place, by their speed. @returns the fastest; undefined if none works */
  const openFastest = async (group: readonly BackendDefinition[]): Promise<PixelClassifier | undefined> => {
    const working: { backend: BackendDefinition; classifier: PixelClassifier }[] = [];
    for (const [i, backend] of group.entries()) {
      try {
        working.push({ backend, classifier: await open(backend, group.length === 1 && remaining.length === 1) });
      } catch (thrown) {
        const error = toAppError(thrown);
        if (i === group.length - 1 && working.length === 0 && remaining.length === 1) throw error;
        reject(backend.name, error);
      }
    }
    const image = pkg.goldenPixels.subarray(0, pkg.goldenPixels.length / pkg.goldens.count);
    const classifiers = working.map(({ classifier }) => classifier);
    const times = working.length > 1 ? await leastTimes(classifiers, image, now) : working.map(() => 0);
    if (working.length > 1) working.forEach(({ backend }, i) => timed.set(backend.name, times[i]));
    const [fastest, ...others] = bySpeed(times).map((i) => working[i]);
    for (const { classifier } of others) classifier.dispose();
    remaining.splice(0, 1, ...[fastest, ...others].filter(Boolean).map(({ backend }) => backend));
    return fastest?.classifier;
  };

  const useFirstThatWorks = async (): Promise<PixelClassifier> => {
    for (;;) {
      const [first] = remaining;
      if (isGroup(first)) {
        const classifier = await openFastest(first);
        if (classifier) return classifier;
        continue;
      }
      try {
        return await open(first, remaining.length === 1);
      } catch (thrown) {
        giveUp(toAppError(thrown));
      }
    }
  };

  let next = useFirstThatWorks();
  let current = await next;

  const classifyPixels: DemotingClassifier['classifyPixels'] = async (pixels, topK) => {
    const asked = next;
    try {
      const classifier = await asked;
      return { ...(await classifier.classifyPixels(pixels, topK)), backend: classifier.backend };
    } catch (thrown) {
      if (disposed) throw thrown;
      // Of several images that were under way, the first to fail makes the change.
      if (asked === next) {
        const rejection = giveUp(toAppError(thrown));
        current.dispose();
        next = useFirstThatWorks();
        current = await next;
        onDemotion?.(rejection);
      }
      return classifyPixels(pixels, topK);
    }
  };

  return {
    get current() {
      return current;
    },
    get description() {
      const backend = remaining[0] as BackendDefinition;
      const times = [...timed].map(([name, ms]) => `${name} ${ms.toFixed(2)}`);
      return timed.has(backend.name) ? `${backend.description()} (ms an image: ${times.join(', ')})` : backend.description();
    },
    rejected,
    classifyPixels,
    dispose() {
      disposed = true;
      current.dispose();
    },
  };
}

/** Drivers may take minutes to compile, or never answer. What comes too late is ended at the next golden image, and freed. */
async function withinTime(
  { name }: BackendDefinition,
  limitMs: number,
  create: (signal: AbortSignal) => Promise<PixelClassifier>,
): Promise<PixelClassifier> {
  const controller = new AbortController();
  const late = new AppError('BACKEND_UNAVAILABLE', { backend: name, reason: `it was not ready within ${limitMs / 1000} s` });
  const creating = create(controller.signal);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      controller.abort(late);
      creating.then((classifier) => classifier.dispose()).catch(() => undefined);
      reject(late);
    }, limitMs);
  });
  return Promise.race([creating, tooLate]).finally(() => clearTimeout(timer));
}

const isGroup = (candidate: Candidate): candidate is readonly BackendDefinition[] => Array.isArray(candidate);
