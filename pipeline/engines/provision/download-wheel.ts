import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sha256OfFiles } from '../../support/sha256.ts';
import type { PipClient } from './prerequisites.ts';
import { ProvisionError } from './provision-error.ts';
import { lastLine, runCommand } from './run-command.ts';
import { PYTHON_VERSION, type PinnedWheel } from './wheels.ts';

/** Messages of pip between its retries; at the end it only says that it found no version. */
const UNREACHABLE =
  /NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|SSLError|ConnectionResetError|dns error/;

/**
 * Fetches a pinned wheel with pip, from whatever index pip is configured for, and checks its SHA-256.
 * A wheel that is already in `downloadsDir` and intact is used as it is.
 * @param workDir pip's temporary files go here; the caller removes it.
 * @returns path of the wheel in `downloadsDir`.
 * @throws ProvisionError DOWNLOAD_FAILED, WHEEL_CORRUPT or DISK_FULL.
 */
export async function downloadWheel(
  wheel: PinnedWheel,
  pip: PipClient,
  downloadsDir: string,
  workDir: string,
  onBytes: (doneBytes: number) => void,
): Promise<string> {
  const kept = await findDownloaded(wheel, downloadsDir);
  if (kept) return kept;

  const temporaryDir = join(workDir, 'pip-temporary');
  const wheelDir = join(workDir, 'pip-wheel');
  await mkdir(temporaryDir, { recursive: true });
  const args = [...pip.args, 'download', '--no-deps', '--only-binary=:all:', '--python-version', PYTHON_VERSION];
  for (const tag of wheel.platformTags) args.push('--platform', tag);
  args.push('--progress-bar', 'off', '--disable-pip-version-check', '--no-input', '--dest', wheelDir, `${wheel.project}==${wheel.version}`);
  const command = [pip.program, ...args.slice(0, -2).filter((part) => part !== '--dest'), args.at(-1)].join(' ');

  const watcher = setInterval(() => {
    void folderBytes(workDir).then((bytes) => onBytes(Math.min(bytes, wheel.bytes)));
  }, 250);
  const result = await runCommand(pip.program, args, {
    env: { ...process.env, TMPDIR: temporaryDir, PIP_REQUIRE_VIRTUALENV: '0' },
  }).finally(() => clearInterval(watcher));
  if (result?.status !== 0) {
    const said = `${result?.stdout ?? ''}${result?.stderr ?? ''}`;
    if (/No space left on device/.test(said))
      throw new ProvisionError(
        'DISK_FULL',
        `the disk of ${workDir} is full: free about 2 GB there, or set SLD_EDGE_CACHE to a larger disk`,
        said,
      );
    const reason = UNREACHABLE.test(said)
      ? 'the package index cannot be reached'
      : lastLine(result?.stderr ?? '') || `ended by ${result?.signal ?? 'an unknown cause'}`;
    throw new ProvisionError(
      'DOWNLOAD_FAILED',
      `pip could not download ${wheel.project} ${wheel.version} (${reason}): to see why, run ${command}`,
      said,
    );
  }
  await rm(temporaryDir, { recursive: true, force: true });

  const name = (await readdir(wheelDir)).find((file) => file.endsWith('.whl'));
  if (!name) throw new ProvisionError('DOWNLOAD_FAILED', `pip said it succeeded, and left no wheel in ${wheelDir}`, result.stdout);
  await requireHash(join(wheelDir, name), wheel.sha256);
  await mkdir(downloadsDir, { recursive: true });
  await rename(join(wheelDir, name), join(downloadsDir, name));
  return join(downloadsDir, name);
}

/** An intact wheel kept from a run that was stopped between download and build; a damaged one is removed. */
export async function findDownloaded(wheel: PinnedWheel, downloadsDir: string): Promise<string | null> {
  const prefix = `${wheel.project.replaceAll('-', '_')}-${wheel.version}-`;
  for (const name of await readdir(downloadsDir).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const path = join(downloadsDir, name);
    if ((await sha256OfFiles(path)) === wheel.sha256) return path;
    await rm(path, { force: true });
  }
  return null;
}

async function requireHash(path: string, sha256: string): Promise<void> {
  const found = await sha256OfFiles(path);
  if (found !== sha256)
    throw new ProvisionError(
      'WHEEL_CORRUPT',
      `${basename(path)} has SHA-256 ${found}, expected ${sha256}: the package index answered with another file`,
    );
}

async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory()
      ? await folderBytes(path)
      : await stat(path).then(
          (s) => s.size,
          () => 0,
        );
  }
  return bytes;
}
