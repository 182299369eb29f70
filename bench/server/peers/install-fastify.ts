import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lastLine, runCommand } from '../../../pipeline/engines/provision/run-command.ts';
import { writeFileAtomic } from '../../../pipeline/support/atomic-write.ts';
import { acquireLock } from '../../../pipeline/support/file-lock.ts';

/** Newer ones of what they depend on want Node 22. */
const PACKAGES = { dependencies: { fastify: '5.8.5' }, overrides: { 'light-my-request': '6.6.0' } };

/** The peer's framework in a folder of the cache, installed now where it is missing. @returns that folder. @throws Error in one line */
export async function fastifyFolder(cacheDir: string, say: (line: string) => void): Promise<string> {
  const folder = join(cacheDir, 'bench', `fastify-${PACKAGES.dependencies.fastify}`);
  const stamp = join(folder, 'installed.json');
  if (existsSync(stamp)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  await using lock = await acquireLock(`${folder}.lock`, { onWait: (holder) => say(`fastify: ${holder} is installing it, waiting`) });
  if (existsSync(stamp)) return folder;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, ...PACKAGES }));
  say(`fastify: installing ${PACKAGES.dependencies.fastify} in ${folder}`);
  const result = await runCommand('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder });
  if (result?.status !== 0) throw new Error(`fastify: npm could not install it (${lastLine(result?.stderr ?? 'npm is not there')})`);
  lock.assertHeld();
  writeFileAtomic(stamp, `${JSON.stringify(PACKAGES)}\n`);
  return folder;
}
