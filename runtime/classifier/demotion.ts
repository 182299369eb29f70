import type { BackendDefinition } from '../backends/backend.ts';
import type { BackendName } from '../backends/names.ts';
import { toAppError, type AppError } from '../errors/catalogue.ts';
import type { LoadedPackage } from '../package/load.ts';
import { createClassifier, type Classifier, type ClassifierOptions, type PixelClassification } from './classifier.ts';

/** A backend that is not used. */
export interface RejectedBackend {
  backend: BackendName;
  /** One line for people. */
  reason: string;
}

export interface DemotionOptions extends ClassifierOptions {
  /** Called when the backend in use was given up and another has taken its place. */
  onDemotion?: (rejection: RejectedBackend) => void;
}

/** A classifier that is replaced by one on the next backend when it fails. */
export interface DemotingClassifier {
  /** The one in use. */
  readonly current: Classifier;
  /** One line for people: what computes. */
  readonly description: string;
  /** Backends that are not used, in the order in which they were given up. */
  readonly rejected: readonly RejectedBackend[];
  /** @throws AppError of the last backend when none is left */
  classifyPixels(pixels: Uint8Array, topK?: number): Promise<PixelClassification & { backend: BackendName }>;
  dispose(): void;
}

/**
 * Uses the first candidate that reproduces the package's goldens. One that fails later (it diverges from them, its device is
 * lost) is demoted: the next candidate answers in its place, the same image first.
 *
 * @param candidates in the order in which to try them, at least one
 * @throws AppError of the last candidate where none works
 */
export async function createDemotingClassifier(
  pkg: LoadedPackage,
  candidates: readonly BackendDefinition[],
  { recheckEvery, onDemotion }: DemotionOptions = {},
): Promise<DemotingClassifier> {
  if (candidates.length === 0) throw new RangeError('a classifier needs at least one backend');
  const remaining = [...candidates];
  const rejected: RejectedBackend[] = [];
  let disposed = false;

  /** The last one stays: there is nothing to put in its place, and the next image may go well. */
  const giveUp = (error: AppError): RejectedBackend => {
    if (remaining.length === 1) throw error;
    const unforeseen = error.code === 'INTERNAL' && error.cause !== undefined;
    const rejection = { backend: remaining.shift()!.name, reason: unforeseen ? String(error.cause) : error.message };
    rejected.push(rejection);
    return rejection;
  };

  const useFirstThatWorks = async (): Promise<Classifier> => {
    for (;;) {
      try {
        return await createClassifier(pkg, remaining[0], { recheckEvery });
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
      return remaining[0].description();
    },
    rejected,
    classifyPixels,
    dispose() {
      disposed = true;
      current.dispose();
    },
  };
}
