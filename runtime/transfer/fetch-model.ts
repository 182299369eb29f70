import { invalidOption } from '../classifier/call-options.ts';
import { AppError } from '../errors/catalogue.ts';
import { fetchFolder, fetchPackage, type DownloadOptions, type FetchedPackage, type WantedModel } from './fetch-package.ts';

const INDEX = /\/index\.json$/;
const MANIFEST = /\/manifest\.json$/;
/** The folder of a package is named by its version where a pipeline has laid it. */
const VERSION_FOLDER = /\/[0-9a-f]{12}\/$/;

/** Tells whether an address is that of an index, whose bytes may be asked for ahead. */
export const isIndexAddress = (address: string): boolean => INDEX.test(new URL(address).pathname);

/**
 * Loads the package at an address, every file verified.
 *
 * @param address absolute, of a package's folder or its `manifest.json`, or of a folder of packages or its `index.json`. In a folder that is
 *   not named by a version the index is looked for first, then the manifest.
 * @throws AppError MODEL_UNKNOWN, PACKAGE_*, VARIANT_UNKNOWN, NOT_READY, DOWNLOAD_STOPPED; OPTION_INVALID for the name of a model if there is
 *   no index
 */
export async function fetchModel(address: string, wanted: WantedModel = {}, options: DownloadOptions = {}): Promise<FetchedPackage> {
  const url = new URL(address);
  const { pathname } = url;
  if (INDEX.test(pathname)) return fetchPackage(new URL('./', url).href, wanted, options);
  const { variant, manifestSha256, model } = wanted;
  const ofPackage = (folder: string) => fetchFolder(folder, { variant, expectedManifestSha256: manifestSha256 }, options);
  const ofPackages = (folder: string) => fetchPackage(folder, wanted, options);
  if (MANIFEST.test(pathname)) {
    if (model !== undefined) invalidOption('model', 'left out: the address is that of one package', model);
    return ofPackage(new URL('./', url).href);
  }
  if (!pathname.endsWith('/')) url.pathname += '/';
  const folder = url.href;
  if (model !== undefined) return ofPackages(folder);
  // Of a file that is not there a browser writes an error to its console: the likelier one is asked for first.
  return VERSION_FOLDER.test(folder)
    ? orElse(
        () => ofPackage(folder),
        `${folder}manifest.json`,
        () => ofPackages(folder),
        `${folder}index.json`,
      )
    : orElse(
        () => ofPackages(folder),
        `${folder}index.json`,
        () => ofPackage(folder),
        `${folder}manifest.json`,
      );
}

/** Loads the first, or the second where the document of the first is not there. @throws AppError of the first where neither is there */
async function orElse(
  first: () => Promise<FetchedPackage>,
  firstDocument: string,
  second: () => Promise<FetchedPackage>,
  secondDocument: string,
): Promise<FetchedPackage> {
  const lacks = (error: unknown, file: string): boolean =>
    error instanceof AppError && error.code === 'PACKAGE_FILE_MISSING' && error.details.file === file;
  try {
    return await first();
  } catch (error) {
    if (!lacks(error, firstDocument)) throw error;
    return second().catch((inner: unknown) => {
      throw lacks(inner, secondDocument) ? error : inner;
    });
  }
}
