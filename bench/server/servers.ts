/** The servers that are timed: each a process on the servers' core, with the same package. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastLine } from '../../pipeline/engines/provision/run-command.ts';
import { defaultCacheDir } from '../../pipeline/support/cache-dir.ts';
import { pinned, type Cores } from './cores.ts';
import { fastapiPython } from './peers/install-fastapi.ts';
import { fastifyFolder } from './peers/install-fastify.ts';

export const SERVER_NAMES = ['ours', 'fastify', 'fastapi', 'http alone'] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

export interface StartedServer {
  name: ServerName;
  pid: number;
  url: string;
  /** File with what it printed. */
  logFile: string;
  stop(): Promise<void>;
}

export interface ServedPackage {
  /** Folder with `index.json`. */
  modelsDir: string;
  name: string;
  version: string;
}

interface StartOptions {
  cores: Cores;
  /** For logs. */
  folder: string;
  say(line: string): void;
  /** More variables of ours. */
  environment?: Record<string, string>;
}

const LONGEST_START_MS = 180_000;
const MAIN = fileURLToPath(new URL('../../server/dist/main.js', import.meta.url));
const peer = (file: string): string => fileURLToPath(new URL(`./peers/${file}`, import.meta.url));

/** Starts one and waits until it is ready. @throws Error with the last line that it printed where it does not get ready */
export async function startContestant(name: ServerName, served: ServedPackage, options: StartOptions): Promise<StartedServer> {
  const { cores, folder, say, environment = {} } = options;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(folder, `${name.replace(' ', '-')}-${port}.log`);
  const log = openSync(logFile, 'w');
  const [program, ...args] = pinned(cores.server, await commandOf(name, say));
  const peerEnvironment = name === 'fastify' ? { FASTIFY_DIR: await fastifyFolder(defaultCacheDir(), say) } : {};
  const child = spawn(program, args, {
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: String(port),
      MODELS_DIR: served.modelsDir,
      PACKAGE_DIR: join(served.modelsDir, served.name, served.version),
      ...peerEnvironment,
      ...environment,
    },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let exited = false;
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      exited = true;
      resolve();
    }),
  );
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(patience);
  };
  const probe = name === 'http alone' ? () => fetch(`${url}/classify`, { method: 'POST', body: 'x' }) : () => fetch(`${url}/readyz`);
  for (const startedAt = performance.now(); !(await probe().catch(() => undefined))?.ok;) {
    if (exited || performance.now() - startedAt > LONGEST_START_MS) {
      await stop();
      throw new Error(`the server "${name}" did not get ready: ${lastLine(readFileSync(logFile, 'utf8'))}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { name, pid: child.pid!, url, logFile, stop };
}

async function commandOf(name: ServerName, say: (line: string) => void): Promise<string[]> {
  const typescript = (file: string): string[] => [process.execPath, '--import', 'tsx', peer(file)];
  switch (name) {
    case 'ours':
      if (!existsSync(MAIN)) throw new Error('server/dist/main.js is missing: run "npm run build -w server" first');
      return [process.execPath, MAIN];
    case 'fastify':
      return typescript('fastify-server.ts');
    case 'fastapi':
      return [await fastapiPython(defaultCacheDir(), say), peer('fastapi-server.py')];
    case 'http alone':
      return typescript('http-alone.ts');
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
