import {
  AppError,
  appErrorFromParts,
  loadModelIndex,
  loadPackage,
  type LoadedPackage,
  type ProblemDocument,
  type ReadFile,
  type VariantName,
} from '@sld-edge/runtime';

/** Answered by the service worker with the last index whose package is wholly on the device. */
export const INSTALLED_INDEX = 'index.json?installed';

export interface FetchedPackage {
  pkg: LoadedPackage;
  /** Absolute URL of the package's folder, with a trailing slash. */
  packageUrl: string;
  /** Reason why the installed package answers although the index names a newer one. */
  staleReason: string | null;
}

/**
 * Reads a file over HTTP. A page in place of the file (a host that answers every path with its
 * index.html) counts as a missing file.
 *
 * @throws AppError PACKAGE_FILE_MISSING, PACKAGE_FILE_CORRUPT, NOT_READY
 */
export function readOver(baseUrl: string, request: typeof fetch = fetch): ReadFile {
  return async (path) => {
    const file = new URL(path, baseUrl).href;
    let response: Response;
    try {
      response = await request(file, path.startsWith('index.json') ? { cache: 'no-cache' } : {});
    } catch {
      throw new AppError('PACKAGE_FILE_MISSING', { file, reason: 'the server could not be reached' });
    }
    if (response.status === 503) throw new AppError('NOT_READY', { state: 'the server has not loaded its models yet' });
    if (!response.ok) throw await refusalOf(response, file);
    if (/^text\/html/i.test(response.headers.get('content-type') ?? '')) {
      throw new AppError('PACKAGE_FILE_MISSING', { file, reason: 'the server answered with a web page' });
    }
    try {
      return new Uint8Array(await response.arrayBuffer());
    } catch {
      throw new AppError('PACKAGE_FILE_MISSING', { file, reason: 'the connection broke off before it was whole' });
    }
  };
}

/** A server of ours says by a problem document (RFC 9457) that its file is not the original; any other refusal is a missing file. */
async function refusalOf(response: Response, file: string): Promise<AppError> {
  const problem = (await response.json().catch(() => undefined)) as Partial<ProblemDocument> | undefined;
  if (problem?.code === 'PACKAGE_FILE_CORRUPT' && problem.details)
    return appErrorFromParts({ code: problem.code, details: problem.details });
  return new AppError('PACKAGE_FILE_MISSING', { file, reason: `the server answered ${response.status}` });
}

async function fetchByIndex(
  indexFile: string,
  modelsUrl: string,
  model: string | undefined,
  variant: VariantName | undefined,
  request: typeof fetch,
): Promise<{ pkg: LoadedPackage; packageUrl: string }> {
  const read = readOver(modelsUrl, request);
  const index = await loadModelIndex(() => read(indexFile));
  const name = model ?? index.default;
  const entry = index.packages.findLast((candidate) => candidate.name === name);
  if (!entry) {
    throw new AppError('MODEL_UNKNOWN', { model: name, allowed: [...new Set(index.packages.map((p) => p.name))].join(', ') });
  }
  const packageUrl = new URL('./', new URL(entry.manifest.path, modelsUrl)).href;
  const pkg = await loadPackage(readOver(packageUrl, request), { variant, indexEntry: entry });
  return { pkg, packageUrl };
}

/**
 * Loads the newest package of a name, every file verified. Where the newest can't be had whole, the
 * one that is wholly on the device answers, and `staleReason` says so.
 *
 * @param modelsUrl the folder of `index.json`, with a trailing slash
 * @throws AppError MODEL_UNKNOWN, PACKAGE_*, VARIANT_UNKNOWN
 */
export async function fetchPackage(
  modelsUrl: string,
  model?: string,
  variant?: VariantName,
  request: typeof fetch = fetch,
): Promise<FetchedPackage> {
  try {
    return { ...(await fetchByIndex('index.json', modelsUrl, model, variant, request)), staleReason: null };
  } catch (error) {
    if (!(error instanceof AppError) || !error.code.startsWith('PACKAGE_')) throw error;
    const installed = await fetchByIndex(INSTALLED_INDEX, modelsUrl, model, variant, request).catch(() => null);
    if (!installed) throw error;
    return { ...installed, staleReason: error.message };
  }
}
