/** `npx sld-edge serve MODELS`: the server alone, with the server's own flags. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Line } from '../configuration/command-line.ts';
import { say } from '../support/say.ts';

export const summary =
  "Serves a folder of packages by POST /classify and the Open Inference Protocol. Flags after MODELS are the server's: docs/server.md, or serve MODELS --help.";

export const settings = {};
export const positionals = ['MODELS'];
/** True: whatever follows MODELS is the server's business. */
export const passesRest = true;

const repository = fileURLToPath(new URL('../..', import.meta.url));

export async function run({ positionals: { MODELS: models }, typed }: Line<typeof settings>): Promise<object> {
  const rest = typed.slice(1);
  if (!rest.includes('--help') && !existsSync(join(models, 'index.json')))
    throw new Error(`no packages in ${resolve(models)}; npm run distill makes one`);
  if (!existsSync(join(repository, 'server/dist/main.js'))) npmRun('building server', 'build', '--workspace', 'server');
  return runServer({ MODELS_DIR: resolve(models) }, rest);
}

/** Runs a script of the repository's, and shows its words where it fails. @param does for people */
export function npmRun(does: string, ...line: string[]): void {
  say(does);
  const { status, stdout, stderr } = spawnSync('npm', ['run', ...line], { cwd: repository, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${does} failed:\n${stdout}${stderr}`);
}

/** Runs the built server until it ends; its signals are ours. */
export async function runServer(env: Record<string, string>, args: readonly string[]): Promise<object> {
  const server = spawn(process.execPath, [join(repository, 'server/dist/main.js'), ...args], {
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => server.kill(signal));
  const status = await new Promise<number>((end) => server.on('exit', (code) => end(code ?? 1)));
  return { status, pass: status === 0 };
}
