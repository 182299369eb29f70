import { AppError, type ProblemDocument } from '../errors/catalogue.ts';
import { appErrorFromParts } from '../errors/parts.ts';
import { loadModelIndex, loadPackage, type LoadedPackage, type LoadPackageOptions } from '../package/load.ts';
import { neededFiles } from '../package/package-files.ts';
import type { IndexEntry, Manifest, ModelIndex } from '../package/manifest.ts';
import type { ReadFile } from '../package/read-verified.ts';
import type { VariantName } from '../package/variants.ts';
import { CutError, fetchWhole, isWebPage, StalledError, type FetchOptions, type WholeResponse } from './fetch-whole.ts';

/** Time after which the package on the device answers while the newest is still on its way. */
const PATIENCE_MS = 4000;

export interface DownloadProgress {
  doneBytes: number;
  /** 0 until the manifest has told. */
  totalBytes: number;
}

export interface DownloadOptions extends Pick<FetchOptions, 'request' | 'stallMs' | 'signal'> {
  onProgress?: (progress: DownloadProgress) => void;
  /** Files that came whole, by address: a download that was stopped goes on from there. */
  come?: Map<string, Uint8Array>;
  /** Time after which the earlier package answers while the newest is still on its way. */
  patienceMs?: number;
  /** The index's bytes, if they have come already. */
  index?: Uint8Array;
  /** Name of the index of the packages that are wholly on the device, where a service worker answers one. */
  earlierIndex?: string;
}

/** A model that is asked for. */
export interface WantedModel {
  /** Name in an index; its default where absent. */
  model?: string;
  /** The package's default where absent. */
  variant?: VariantName;
  /** SHA-256 of the manifest, so that nothing but one package is accepted. */
  manifestSha256?: string;
}

export interface FetchedPackage {
  pkg: LoadedPackage;
  /** Absolute URL of the package's folder, with a trailing slash. */
  packageUrl: string;
  /** Reason why the installed package answers although the index names a newer one. */
  staleReason: string | null;
  /** The newest package, while an earlier one answers because it has not come yet; rejects with an AppError. */
  newest?: Promise<FetchedPackage>;
}

/**
 * Reads a file over HTTP. A page in place of the file (a host that answers every path with its
 * index.html) counts as a missing file.
 *
 * @param fresh paths to ask for past every cache
 * @throws AppError PACKAGE_FILE_MISSING, PACKAGE_FILE_CORRUPT, NOT_READY, DOWNLOAD_STOPPED
 */
export function readOver(
  baseUrl: string,
  { come = new Map<string, Uint8Array>(), ...transfer }: FetchOptions & Pick<DownloadOptions, 'come'> = {},
  fresh: ReadonlySet<string> = new Set(),
): ReadFile {
  return async (path) => {
    const file = new URL(path, baseUrl).href;
    const isIndex = path.startsWith('index.json');
    const known = isIndex || fresh.has(path) ? undefined : come.get(file);
    if (known) {
      transfer.onBytes?.(known.length);
      return known;
    }
    const missing = (reason: string, cause?: unknown): AppError => new AppError('PACKAGE_FILE_MISSING', { file, reason }, { cause });
    let whole: WholeResponse;
    try {
      whole = await fetchWhole(file, isIndex ? { cache: 'no-cache' } : fresh.has(path) ? { cache: 'reload' } : {}, transfer);
    } catch (cause) {
      if (transfer.signal?.aborted) throw new AppError('DOWNLOAD_STOPPED', {}, { cause });
      const began = cause instanceof StalledError || cause instanceof CutError;
      throw missing(began ? cause.message : 'the server could not be reached', cause);
    }
    const { response, bytes } = whole;
    if (response.status === 503) throw new AppError('NOT_READY', { state: 'the server has not loaded its models yet' });
    if (!response.ok) throw refusalOf(bytes) ?? missing(`the server answered ${response.status}`);
    if (isWebPage(response)) throw missing('the server answered with a web page');
    if (!isIndex) come.set(file, bytes);
    return bytes;
  };
}

/** A server of ours says by a problem document (RFC 9457) that its file is not the original; any other refusal is a missing file. */
function refusalOf(bytes: Uint8Array): AppError | undefined {
  try {
    const { code, details } = JSON.parse(new TextDecoder().decode(bytes)) as Partial<ProblemDocument>;
    return code === 'PACKAGE_FILE_CORRUPT' && details ? appErrorFromParts({ code, details }) : undefined;
  } catch {
    return undefined;
  }
}

/** Finds the newest package of a name in an index. @throws AppError MODEL_UNKNOWN; PACKAGE_FILE_CORRUPT for a manifest that was not meant */
export function entryOf(index: ModelIndex, { model, manifestSha256 }: Omit<WantedModel, 'variant'>): IndexEntry {
  const name = model ?? index.default;
  const entry = index.packages.findLast((candidate) => candidate.name === name);
  if (!entry) {
    throw new AppError('MODEL_UNKNOWN', { model: name, allowed: [...new Set(index.packages.map((p) => p.name))].join(', ') });
  }
  if (manifestSha256 !== undefined && manifestSha256 !== entry.manifest.sha256)
    throw new AppError('PACKAGE_FILE_CORRUPT', {
      file: entry.manifest.path,
      expected: `SHA-256 ${manifestSha256}`,
      got: `SHA-256 ${entry.manifest.sha256}`,
    });
  return entry;
}

async function fetchByIndex(
  indexFile: string,
  modelsUrl: string,
  { model, variant, manifestSha256 }: WantedModel,
  options: DownloadOptions,
): Promise<FetchedPackage> {
  const { request, stallMs, signal, index: known } = options;
  const index = await loadModelIndex(async () => known ?? readOver(modelsUrl, { request, stallMs, signal })(indexFile));
  const entry = entryOf(index, { model, manifestSha256 });
  const packageUrl = new URL('./', new URL(entry.manifest.path, modelsUrl)).href;
  return fetchFolder(packageUrl, { variant, indexEntry: entry }, options);
}

/**
 * Fetches a package's files, each verified; what does not fit is asked for once more.
 *
 * @param packageUrl its folder, with a trailing slash
 * @throws AppError VARIANT_UNKNOWN, PACKAGE_*, NOT_READY, DOWNLOAD_STOPPED
 */
export async function fetchFolder(packageUrl: string, wanted: LoadPackageOptions, options: DownloadOptions): Promise<FetchedPackage> {
  const { request, stallMs, signal, come, onProgress } = options;
  const { variant, indexEntry } = wanted;
  const transfer = { request, stallMs, signal };
  const progress: DownloadProgress = { doneBytes: 0, totalBytes: 0 };
  const onBytes = (bytes: number): void => {
    progress.doneBytes += bytes;
    if (progress.totalBytes > 0) onProgress?.({ ...progress, doneBytes: Math.min(progress.doneBytes, progress.totalBytes) });
  };
  // A cache, ours or the browser's, may hold a file with a wrong byte: what does not fit is asked for once more, past all of them.
  const fresh = new Set<string>();
  // Asked for beside the manifest, which alone says what they must hold.
  const early = new Map<string, Promise<Uint8Array>>();
  const isDefault = variant === undefined;
  for (const path of isDefault ? (indexEntry?.needed ?? []) : []) {
    const reading = readOver(packageUrl, { ...transfer, come, onBytes })(path);
    reading.catch(() => undefined);
    early.set(path, reading);
  }
  for (;;) {
    const read = readOver(packageUrl, { ...transfer, come, onBytes }, fresh);
    const counted: ReadFile = async (path) => {
      const reading = early.get(path) ?? read(path);
      early.delete(path);
      const bytes = await reading;
      if (path === 'manifest.json') progress.totalBytes = bytes.length + neededBytes(bytes, variant);
      return bytes;
    };
    try {
      return { pkg: await loadPackage(counted, wanted), packageUrl, staleReason: null };
    } catch (error) {
      const file = error instanceof AppError && error.code === 'PACKAGE_FILE_CORRUPT' ? String(error.details.file) : '';
      if (file === '' || fresh.has(file)) throw error;
      fresh.add(file);
      progress.doneBytes = 0;
    }
  }
}

/** Sum of what `loadPackage` will read; 0 of a manifest that it will refuse. */
function neededBytes(manifestBytes: Uint8Array, variant: VariantName | undefined): number {
  try {
    const manifest = JSON.parse(new TextDecoder().decode(manifestBytes)) as Manifest;
    return neededFiles(manifest, [variant ?? manifest.defaultVariant]).reduce((sum, { bytes }) => sum + bytes, 0);
  } catch {
    return 0;
  }
}

/**
 * Loads the newest package of a name, every file verified. If the newest can't be had whole, the
 * one that is wholly on the device answers, and `staleReason` says so; it answers meanwhile, too, while the newest takes its time.
 *
 * @param modelsUrl the folder of `index.json`, with a trailing slash
 * @throws AppError MODEL_UNKNOWN, PACKAGE_*, VARIANT_UNKNOWN, NOT_READY, DOWNLOAD_STOPPED
 */
export async function fetchPackage(modelsUrl: string, wanted: WantedModel = {}, options: DownloadOptions = {}): Promise<FetchedPackage> {
  const { patienceMs = PATIENCE_MS, earlierIndex, request, stallMs, signal } = options;
  const newest = fetchByIndex('index.json', modelsUrl, wanted, options);
  if (earlierIndex === undefined) return newest;
  const installed = (): Promise<FetchedPackage | null> =>
    fetchByIndex(earlierIndex, modelsUrl, wanted, { request, stallMs, signal }).catch(() => null);
  try {
    const inTime = await Promise.race([newest, new Promise<null>((resolve) => setTimeout(resolve, patienceMs, null))]);
    if (inTime) return inTime;
    const earlier = await installed();
    if (!earlier) return await newest;
    newest.catch(() => undefined);
    return { ...earlier, staleReason: 'It is still on its way.', newest };
  } catch (error) {
    if (!(error instanceof AppError) || !(error.code.startsWith('PACKAGE_') || error.code === 'NOT_READY')) throw error;
    const earlier = await installed();
    if (!earlier) throw error;
    return { ...earlier, staleReason: error.message };
  }
}
