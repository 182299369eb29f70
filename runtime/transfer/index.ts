/** `@sld-edge/runtime/transfer`: files over HTTP, whole and verified or refused, for pages and service workers. */
export { fetchPackage, readOver, type DownloadOptions, type DownloadProgress, type FetchedPackage } from './fetch-package.ts';
export { CutError, fetchWhole, isWebPage, STALL_MS, StalledError, type FetchOptions, type WholeResponse } from './fetch-whole.ts';
