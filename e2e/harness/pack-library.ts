import { execFile } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/**
 * Packs a copy of the library: packing exchanges `package.json`, which others read meanwhile.
 *
 * @param scratch an empty folder, which receives the copy and the package
 * @returns path of the package, a `.tgz`
 */
export async function packCopy(scratch: string): Promise<string> {
  const isSource = (file: string): boolean => !/[/\\](dist|testing|node_modules)([/\\]|$)|\.test\.ts$/.test(path.relative(root, file));
  await cp(path.join(root, 'runtime'), path.join(scratch, 'runtime'), { recursive: true, filter: isSource });
  await cp(path.join(root, 'tsconfig.json'), path.join(scratch, 'tsconfig.json'));
  await symlink(path.join(root, 'node_modules'), path.join(scratch, 'node_modules'));
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts=false', '--pack-destination', scratch], {
    cwd: path.join(scratch, 'runtime'),
  });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.lastIndexOf('\n[') + 1)) as [{ filename: string }];
  return path.join(scratch, filename);
}

/** Installs a package into an application's folder, without a registry. */
export async function installPacked(packed: string, app: string): Promise<void> {
  await mkdir(app, { recursive: true });
  await writeFile(path.join(app, 'package.json'), '{"type":"module","private":true}');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', packed], { cwd: app });
}
