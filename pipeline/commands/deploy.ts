/** `npm run deploy`: checks the packages, builds server and web client, and serves them, or lays out a static site. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackages } from '../packaging/check/check-models-folder.ts';
import { temporaryName } from '../support/atomic-write.ts';
import { UsageError, type Flags, type FlagValues } from './flags.ts';
import { modelsFlag, say } from './run-options.ts';

export const summary = 'Checks every file of the packages, builds the web client and the server, and serves them (local) or writes a folder for any web host (static).';

export const flags: Flags = {
  target: { type: 'string', help: 'local: serve here (PORT, default 8080); static: write a folder (default local)' },
  out: { type: 'string', help: 'static: the folder to write (default dist/static)' },
  ...modelsFlag,
};

const repository = fileURLToPath(new URL('../..', import.meta.url));

export async function run(values: FlagValues): Promise<object> {
  const target = (values.target as string) ?? 'local';
  if (target !== 'local' && target !== 'static') throw new UsageError(`--target ${target}; allowed: local, static`);
  const models = resolve((values.models as string) ?? 'models');
  if (!existsSync(join(models, 'index.json'))) throw new Error(`no packages in ${models}; npm run distill makes one`);
  const { index, manifests, files, bytes } = await checkPackages(models);
  say(`packages: ${manifests.map(({ name, version }) => `${name}@${version}`).join(', ')}; ${files} files, ${bytes.toLocaleString('en')} bytes, all as their manifests say`);
  if (manifests.find(({ name }) => name === index.default)?.quick) say('warning: the default package comes from a quick run; its answers are no result');
  build('web-client');
  if (target === 'static') return writeStatic(models, resolve((values.out as string) ?? 'dist/static'));
  build('server');
  return serve(models);
}

function build(workspace: string): void {
  say(`building ${workspace}`);
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'build', '--workspace', workspace], { cwd: repository, encoding: 'utf8' });
  if (status !== 0) throw new Error(`building ${workspace} failed:\n${stdout}${stderr}`);
}

function writeStatic(models: string, out: string): object {
  const staging = temporaryName(out);
  cpSync(join(repository, 'web-client/dist'), staging, { recursive: true });
  cpSync(models, join(staging, 'models'), { recursive: true });
  rmSync(out, { recursive: true, force: true });
  renameSync(staging, out);
  say(`static site in ${out}: copy it to any host that serves HTTPS`);
  return { target: 'static', folder: out };
}

/** Runs the built server until it ends; its signals are ours. */
async function serve(models: string): Promise<object> {
  const port = process.env.PORT || '8080';
  say(`serving on http://localhost:${port} (Ctrl-C stops)`);
  const env = { ...process.env, PORT: port, MODELS_DIR: models, CLIENT_DIR: join(repository, 'web-client/dist') };
  const server = spawn(process.execPath, [join(repository, 'server/dist/main.js')], { env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill(signal));
  const status = await new Promise<number>((resolve) => server.on('exit', (code) => resolve(code ?? 1)));
  return { target: 'local', status, pass: status === 0 };
}
