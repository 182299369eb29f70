import type { Sharp, SharpInput, SharpOptions } from 'sharp';
import { AppError } from '../errors/catalogue.ts';

/** Makes an image of sharp's. */
export type OpenSharp = (input: SharpInput, options?: SharpOptions) => Sharp;

let loading: Promise<OpenSharp> | undefined;

/**
 * Loads sharp, which is an optional peer: who decodes nothing needs none.
 *
 * Every image comes once, so libvips' cache of operations only costs memory; and parallelism comes from the callers'
 * processes and threads, not from threads within one image (which also fragment glibc's heap). On glibc sharp must be in the
 * main thread before it is in another: who starts threads imports sharp first.
 *
 * @throws AppError PROGRAM_FILE_MISSING where it is not installed, or has no binary for this machine
 */
export function loadSharp(): Promise<OpenSharp> {
  return (loading ??= load());
}

async function load(): Promise<OpenSharp> {
  const { default: sharp } = await import('sharp').catch((cause: unknown) => {
    throw new AppError(
      'PROGRAM_FILE_MISSING',
      { file: 'sharp', reason: 'images are decoded by it: type "npm install sharp", or give decoded pixels ({ width, height, data })' },
      { cause },
    );
  });
  sharp.cache(false);
  sharp.concurrency(1);
  return sharp;
}
