import { AppError, toAppError } from './catalogue.ts';

/**
 * Makes an AppError of whatever was thrown, an error of Node's, a browser's or V8's by what tells it apart there: its name, its
 * `code`, or the words of V8 if there is nothing else. INTERNAL where nothing does.
 *
 * @returns MEMORY_EXHAUSTED, NETWORK_FAILED, FILE_UNUSABLE or INTERNAL, each with the thrown value as its cause; an AppError as it is
 */
export function recogniseError(thrown: unknown): AppError {
  if (thrown instanceof AppError || !(thrown instanceof Error)) return toAppError(thrown);
  const code = codeOf(thrown);
  if (isOutOfMemory(thrown, code)) return new AppError('MEMORY_EXHAUSTED', { reason: thrown.message }, { cause: thrown });
  if (isOfNetwork(thrown, code)) return new AppError('NETWORK_FAILED', { reason: networkReason(thrown, code) }, { cause: thrown });
  const { path } = thrown as { path?: unknown };
  if (code !== undefined && typeof path === 'string') {
    const reason = FILE_REASONS[code] === undefined ? thrown.message : `${FILE_REASONS[code]} (${code})`;
    return new AppError('FILE_UNUSABLE', { path, reason }, { cause: thrown });
  }
  return toAppError(thrown);
}

/** Reasons why a file cannot be used, by the codes of the operating system (POSIX.1, errno.h). */
const FILE_REASONS: Readonly<Record<string, string | undefined>> = {
  EACCES: 'this user may not',
  EBUSY: 'another program uses it',
  EDQUOT: 'this user may store no more',
  EEXIST: 'it is there already',
  EIO: 'the disk failed',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'its name is too long',
  ENFILE: 'too many files are open',
  ENOENT: 'there is none',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is no folder',
  ENOTEMPTY: 'the folder is not empty',
  EPERM: 'this user may not',
  EROFS: 'the file system is read-only',
};

/** Codes with which connections of Node and undici fail. */
const NETWORK_CODES =
  /^(ECONN(REFUSED|RESET|ABORTED)|E(NOTFOUND|AI_AGAIN|TIMEDOUT|HOSTUNREACH|NETUNREACH|ADDRINUSE|ADDRNOTAVAIL)|UND_ERR_\w+|ERR_TLS_\w+|\w*CERT\w*)$/;

/** Words of undici, Chromium, Safari and Firefox for a `fetch` that failed, and of Chromium for a body that was cut off. */
const FETCH_FAILED = /^(fetch failed|Failed to fetch|Load failed|NetworkError when attempting|network error|terminated$)/;

function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

function isOutOfMemory({ name, message }: Error, code: string | undefined): boolean {
  if (code === 'ERR_WORKER_OUT_OF_MEMORY' || code === 'ERR_MEMORY_ALLOCATION_FAILED' || code === 'ENOMEM') return true;
  return (name === 'RangeError' || name === 'DataCloneError') && /allocation failed|out of memory|could not allocate memory/i.test(message);
}

function isOfNetwork({ name, message }: Error, code: string | undefined): boolean {
  if (code !== undefined && NETWORK_CODES.test(code)) return true;
  return name === 'NetworkError' || (name === 'TypeError' && FETCH_FAILED.test(message));
}

/** Finds the reason; for a `fetch`, its connection's says more than that it failed. */
function networkReason({ message, cause }: Error, code: string | undefined): string {
  if (code !== undefined || !(cause instanceof Error)) return message;
  return cause.message || (codeOf(cause) ?? message);
}
