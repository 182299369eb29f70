/** Errors after which the same command may succeed: on another machine, or later. */
import { LockLostError } from './file-lock.ts';

/** Exit status of BSD's sysexits.h (EX_TEMPFAIL), which schedulers are told to try again after. */
export const TRY_AGAIN_STATUS = 75;

/** A failure that says nothing of the work itself. The command exits with {@link TRY_AGAIN_STATUS}. */
export class TryAgainError extends Error {}

/** Codes of the operating system that pass: full disks, lost servers, no memory. */
const PASSING = new Set(
  'EAGAIN EAI_AGAIN EBUSY ECONNREFUSED ECONNRESET EDQUOT EHOSTDOWN EHOSTUNREACH EIO EMFILE ENETDOWN ENETUNREACH ENFILE ENOMEM ENOSPC EPIPE ESTALE ETIMEDOUT'.split(
    ' ',
  ),
);

/** Checks an error, and what caused it, for one that passes. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof TryAgainError || error instanceof LockLostError) return true;
  return PASSING.has((error as NodeJS.ErrnoException).code ?? '') || mayPass(error.cause);
}
