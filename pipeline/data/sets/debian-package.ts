import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatasetError } from './dataset-error.ts';

const APT_TIMEOUT_MS = 120_000;

/**
 * Fetches a Debian package from the machine's own mirrors and unpacks it into a folder, without root and without
 * installing anything.
 * @param workDir empty; the caller removes it.
 * @param lists `system`: apt's own package lists; `private`: fetch fresh lists into `workDir` first (for machines, such
 *   as fresh containers, that have none).
 * @returns the folder into which the package's files were unpacked.
 * @throws DatasetError SOURCE_UNREACHABLE in one line.
 */
export async function unpackDebianPackage(
  name: string,
  workDir: string,
  lists: 'system' | 'private',
  onProgress: (line: string) => void,
): Promise<string> {
  const options: string[] = [];
  if (lists === 'private') {
    const state = join(workDir, 'apt-state');
    const cache = join(workDir, 'apt-cache');
    await mkdir(join(state, 'lists', 'partial'), { recursive: true });
    await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
    // Dir::State::status stays the system's: apt wants one, and a private state folder has none.
    options.push(
      '-o',
      `Dir::State=${state}`,
      '-o',
      'Dir::State::status=/var/lib/dpkg/status',
      '-o',
      `Dir::Cache=${cache}`,
      '-o',
      'Debug::NoLocking=true',
    );
    options.push('-o', 'APT::Sandbox::User=', '-o', 'Acquire::Languages=none');
    onProgress('fetching package lists with apt-get into a private folder');
    await runTool('apt-get', [...options, '-qq', 'update'], workDir);
  }
  onProgress(`fetching Debian's package ${name} with apt-get`);
  await runTool('apt-get', [...options, '-q', 'download', name], workDir);
  const archive = (await readdir(workDir)).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'));
  if (!archive) throw new DatasetError('SOURCE_UNREACHABLE', `apt-get download ${name} left no package`);
  const target = join(workDir, 'unpacked');
  await runTool('dpkg-deb', ['-x', archive, target], workDir);
  return target;
}

function runTool(program: string, args: string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, timeout: APT_TIMEOUT_MS, env: { ...process.env, LC_ALL: 'C' } }, (error, _stdout, stderr) => {
      if (!error) return resolve();
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const reason = missing
        ? 'not on this machine'
        : (/^E: .*$/m.exec(stderr)?.[0].slice(3) ?? (error.killed ? 'took too long' : error.message.split('\n')[0]));
      reject(new DatasetError('SOURCE_UNREACHABLE', `${program}: ${reason}`));
    });
  });
}
