/** A Python environment of a peer that figures are compared with; nothing of the product uses it. */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { installCommand } from '../pipeline/engines/provision/prerequisites.ts';
import { lastLine, runCommand } from '../pipeline/engines/provision/run-command.ts';
import { writeFileAtomic } from '../pipeline/support/atomic-write.ts';
import { acquireLock } from '../pipeline/support/file-lock.ts';

interface EnvironmentOptions {
  /** Peer's name, for people. */
  name: string;
  folder: string;
  say(line: string): void;
}

interface NewEnvironment {
  python: string;
  /** Installs packages. @param wanted arguments of `pip install` */
  pip(...wanted: string[]): Promise<void>;
}

const PIP = '-m pip install --disable-pip-version-check --no-input --progress-bar off --no-cache-dir --no-compile'.split(' ');

export const pythonIn = (folder: string): string =>
  process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');

/**
 * Makes a virtual environment where it is missing. Safe against a second process and against being killed: what has no stamp
 * is made again.
 * @param install fills it. @returns what the stamp is to say
 * @throws Error in one line: what failed, and what to run
 */
export async function makeEnvironment(
  { name, folder, say }: EnvironmentOptions,
  install: (environment: NewEnvironment) => Promise<object>,
): Promise<void> {
  const stamp = join(folder, 'installed.json');
  if (existsSync(stamp)) return;
  await mkdir(dirname(folder), { recursive: true });
  await using lock = await acquireLock(`${folder}.lock`, { onWait: (holder) => say(`${name}: ${holder} is installing it, waiting`) });
  if (existsSync(stamp)) return;
  await rm(folder, { recursive: true, force: true });
  say(`${name}: making a virtual environment in ${folder}`);
  await runOrFail(
    name,
    'python3',
    ['-m', 'venv', folder],
    `a virtual environment needs Python 3.10 or later with venv: ${installCommand('python3-venv')}`,
  );
  const python = pythonIn(folder);
  const pip = async (...wanted: string[]): Promise<void> =>
    void (await runOrFail(name, python, [...PIP, ...wanted], `pip could not install ${name}`));
  const installed = await install({ python, pip });
  lock.assertHeld();
  writeFileAtomic(stamp, `${JSON.stringify({ ...installed, platform: process.platform, arch: process.arch })}\n`);
}

/** @returns what it printed. @throws Error in one line that begins with the peer's name */
export async function runOrFail(
  name: string,
  program: string,
  args: string[],
  failure: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const result = await runCommand(program, args, { env: { ...process.env, PIP_REQUIRE_VIRTUALENV: '0', ...env } });
  if (result?.status === 0) return result.stdout;
  throw new Error(
    `${name}: ${failure} (${result ? lastLine(result.stderr) || lastLine(result.stdout) || `status ${result.status}` : `${program} is not there`})`,
  );
}
