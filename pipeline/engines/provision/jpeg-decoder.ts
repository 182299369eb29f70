import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { jpegBindingPath, openJpegDecoder } from '@sld-edge/runtime/node';
import { temporaryName } from '../../support/atomic-write.ts';
import { acquireLock } from '../../support/file-lock.ts';
import { checkBuildTools, installCommand } from './prerequisites.ts';
import { ProvisionError } from './provision-error.ts';
import { runNodeGyp } from './run-node-gyp.ts';

export interface ProvisionedJpegDecoder {
  path: string;
  /** Library and version. */
  library: string;
  /** True if it was in the cache already. */
  wasCached: boolean;
}

/**
 * Builds the binding by which servers decode JPEGs with libjpeg-turbo, against the machine's own library, and proves that its pixels are
 * sharp's. Safe against a second process and against being killed.
 * @param path - default: its place in the cache
 * @throws ProvisionError in one line: what is missing, and the command for it
 */
export async function provisionJpegDecoder(path = jpegBindingPath()): Promise<ProvisionedJpegDecoder> {
  const before = await openJpegDecoder(path);
  if (before.decoder) return { path, library: before.decoder.library, wasCached: true };
  if (process.platform === 'win32')
    throw new ProvisionError('PLATFORM_UNSUPPORTED', 'the JPEG decoder is built on Linux and macOS; on Windows sharp decodes');
  const missing = (await checkBuildTools()).filter(({ ok }) => !ok);
  if (missing.length > 0)
    throw new ProvisionError(
      'PREREQUISITES_MISSING',
      `the JPEG decoder needs what this machine lacks: ${missing.map(({ name, command }) => `${name} (${command})`).join(', ')}`,
    );
  await mkdir(dirname(path), { recursive: true });
  await using lock = await acquireLock(`${path}.lock`);
  const built = `${temporaryName(path)}.node`;
  try {
    await build(built);
    // Under a name of its own: what could not be loaded from the other is not tried again in this process.
    const { decoder, reason } = await openJpegDecoder(built);
    if (!decoder) throw new ProvisionError('PROBE_FAILED', `the JPEG decoder is not used: ${reason}`);
    lock.assertHeld();
    await rename(built, path);
    return { path, library: decoder.library, wasCached: false };
  } finally {
    await rm(built, { force: true });
  }
}

async function build(to: string): Promise<void> {
  const sources = join(dirname(createRequire(import.meta.url).resolve('@sld-edge/runtime/node')), 'jpeg');
  try {
    await runNodeGyp({
      name: 'the JPEG decoder',
      async prepare(buildDir) {
        for (const file of await readdir(sources)) if (/\.(cc|h|gyp)$/.test(file)) await cp(join(sources, file), join(buildDir, file));
      },
      args: () => [],
      take: (buildDir) => cp(join(buildDir, 'build', 'Release', 'sld_edge_jpeg.node'), to),
    });
  } catch (error) {
    if (error instanceof ProvisionError && /jpeglib\.h|-ljpeg|libjpeg-turbo is needed/.test(error.log ?? ''))
      throw new ProvisionError('PREREQUISITES_MISSING', `the JPEG decoder needs libjpeg-turbo's headers: ${installCommand('libjpeg-dev')}`);
    throw error;
  }
}
