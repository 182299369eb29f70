import { AppError, PAGE_BACKENDS, renamedBackend, type PageBackendName, type VariantName } from '@sld-edge/runtime';

/** Parameters in the page's address. */
export interface Parameters {
  model?: string;
  variant?: VariantName;
  backends?: readonly PageBackendName[];
  threads?: number;
}

/**
 * Reads `?model=`, `?variant=`, `?threads=` and `?backend=` (one, or several with commas, tried in that order).
 *
 * @throws AppError BACKEND_UNAVAILABLE for a backend that a browser can't have, REQUEST_MALFORMED for a wrong number of threads
 */
export function readParameters(search: string): Parameters {
  const query = new URLSearchParams(search);
  const backends = query.get('backend')?.split(',');
  for (const backend of backends ?? []) {
    if (!PAGE_BACKENDS.some((name) => name === backend)) {
      throw new AppError('BACKEND_UNAVAILABLE', {
        backend,
        reason: renamedBackend(backend) ?? `in a browser there are: ${PAGE_BACKENDS.join(', ')}`,
      });
    }
  }
  const threads = query.get('threads');
  if (threads !== null && !/^([1-9]|1[0-6])$/.test(threads))
    throw new AppError('REQUEST_MALFORMED', { reason: `threads must be a whole number from 1 to 16; came "${threads}"` });
  return {
    model: query.get('model') ?? undefined,
    variant: (query.get('variant') as VariantName | null) ?? undefined,
    backends: backends as PageBackendName[] | undefined,
    threads: threads === null ? undefined : Number(threads),
  };
}
