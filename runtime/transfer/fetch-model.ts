import { invalidOption } from '../classifier/call-options.ts';
import { AppError } from '../errors/catalogue.ts';
import { fetchFolder, fetchPackage, type DownloadOptions, type FetchedPackage, type WantedModel } from './fetch-package.ts';

const INDEX = /\/index\.json$/;
const MANIFEST = /\/manifest\.json$/;

/** Tells whether an address is that of an index, whose bytes may be asked for ahead. */
export const isIndexAddress = (address: string): boolean => INDEX.test(new URL(address).pathname);

/**
 * Loads the package at an address, every file verified.
 *
 * @param address absolute, of a package's folder or its `manifest.json`, or of a folder of packages or its `index.json`. A folder without a
 *   manifest is taken for one of packages.
 * @throws AppError MODEL_UNKNOWN, PACKAGE_*, VARIANT_UNKNOWN, NOT_READY, DOWNLOAD_STOPPED; OPTION_INVALID for the name of a model if there is
 *   no index
 */
export async function fetchModel(address: string, wanted: WantedModel = {}, options: DownloadOptions = {}): Promise<FetchedPackage> {
  const url = new URL(address);
  const { pathname } = url;
  if (INDEX.test(pathname)) return fetchPackage(new URL('./', url).href, wanted, options);
  const { variant, manifestSha256, model } = wanted;
  const of = (folder: string) => fetchFolder(folder, { variant, expectedManifestSha256: manifestSha256 }, options);
  if (MANIFEST.test(pathname)) {
    if (model !== undefined) invalidOption('model', 'left out: the address is that of one package', model);
    return of(new URL('./', url).href);
  }
  if (!pathname.endsWith('/')) url.pathname += '/';
  const folder = url.href;
  if (model !== undefined) return fetchPackage(folder, wanted, options);
  try {
    return await of(folder);
  } catch (error) {
    const file = new URL('manifest.json', folder).href;
    if (!(error instanceof AppError && error.code === 'PACKAGE_FILE_MISSING' && error.details.file === file)) throw error;
    return fetchPackage(folder, wanted, options).catch((inner: unknown) => {
      throw inner instanceof AppError && inner.code === 'PACKAGE_FILE_MISSING' && inner.details.file === new URL('index.json', folder).href
        ? error
        : inner;
    });
  }
}
