import {
  createClassifier,
  toAppError,
  type AppError,
  type BackendDefinition,
  type Classifier,
  type LoadedPackage,
} from '@sld-edge/runtime';
import type { RejectedBackend } from './protocol.ts';

/** A GPU that was right at the start can be wrong later: it is held against the goldens again after so many images. */
export const RECHECK_EVERY = 50;

/** A classifier that is replaced when it fails. */
export interface Engine {
  /** The one in use. */
  classifier(): Classifier;
  /** One line for people: what computes. */
  description(): string;
  /** All classes, the likeliest first. @throws AppError of the last backend when none is left */
  classifyPixels(pixels: Uint8Array): ReturnType<Classifier['classifyPixels']>;
}

/**
 * Uses the first candidate that reproduces the package's goldens. One that fails later (it diverges
 * from them, its device is lost) is given up for the next, which answers in its place; the reason is
 * added to `rejected` and `onDemotion` is told.
 *
 * @param candidates in the order in which to try them
 * @param rejected backends and why they are not used; this adds to it
 * @param make stands in for the runtime's `createClassifier` in tests
 * @throws AppError of the last candidate where none works
 */
export async function createEngine(
  pkg: LoadedPackage,
  candidates: BackendDefinition[],
  rejected: RejectedBackend[],
  onDemotion: (rejection: RejectedBackend) => void,
  make: typeof createClassifier = createClassifier,
): Promise<Engine> {
  const remaining = [...candidates];

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
        return await make(pkg, remaining[0], { recheckEvery: RECHECK_EVERY });
      } catch (thrown) {
        giveUp(toAppError(thrown));
      }
    }
  };

  let current = useFirstThatWorks();
  let inUse = await current;

  const classifyPixels: Engine['classifyPixels'] = async (pixels) => {
    const asked = current;
    try {
      return await (await asked).classifyPixels(pixels, pkg.manifest.labels.length);
    } catch (thrown) {
      // Of several images that were under way, the first to fail makes the change.
      if (asked === current) {
        const rejection = giveUp(toAppError(thrown));
        inUse.dispose();
        current = useFirstThatWorks();
        inUse = await current;
        onDemotion(rejection);
      }
      return classifyPixels(pixels);
    }
  };

  return { classifier: () => inUse, description: () => remaining[0].description(), classifyPixels };
}
