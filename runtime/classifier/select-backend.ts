import type { BackendDefinition } from '../backends/backend.ts';
import type { BackendName } from '../backends/names.ts';
import { AppError } from '../errors/catalogue.ts';
import type { LoadedPackage } from '../package/load.ts';
import { createClassifier, type Classifier, type ClassifierOptions } from './classifier.ts';

export interface RejectedBackend {
  backend: BackendName;
  /** One line for people. */
  reason: string;
}

/**
 * The first candidate that is available and reproduces the goldens. Those before it are listed with their reasons,
 * for the page or the log: nothing falls back in silence.
 *
 * @param candidates in order of preference, at least one
 * @throws AppError of the last candidate when none works; other errors are faults and are not caught
 */
export async function selectBackend(
  pkg: LoadedPackage,
  candidates: BackendDefinition[],
  options?: ClassifierOptions,
): Promise<{ classifier: Classifier; rejected: RejectedBackend[] }> {
  const rejected: RejectedBackend[] = [];
  let lastError: AppError | undefined;
  for (const candidate of candidates) {
    try {
      return { classifier: await createClassifier(pkg, candidate, options), rejected };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      lastError = error;
      rejected.push({ backend: candidate.name, reason: error.message });
    }
  }
  throw lastError ?? new RangeError('selectBackend needs at least one candidate');
}
