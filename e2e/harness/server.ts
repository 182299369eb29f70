import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');
const MAIN = path.join(ROOT, 'server/dist/main.js');
const CLIENT = path.join(ROOT, 'web-client/dist');

/** The built server as a process of its own, as in production. */
export interface Server {
  url: string;
  /** Ends the process and waits for its end; the port answers no more. */
  stop(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
}

/**
 * @param modelsDir the packages to serve
 * @param environment more of the server's variables
 * @throws with the server's own output where it does not get ready
 */
export async function startServerProcess(modelsDir: string, environment: Record<string, string> = {}): Promise<Server> {
  for (const built of [MAIN, path.join(CLIENT, 'index.html')]) {
    if (!existsSync(built)) throw new Error(`${path.relative(ROOT, built)} is missing: run "npm run build" first`);
  }
  const port = await freePort();
  const url = `http://localhost:${port}/`;
  let process_: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const child = spawn(process.execPath, [MAIN], {
      cwd: ROOT,
      env: { ...process.env, ...environment, PORT: String(port), MODELS_DIR: modelsDir, CLIENT_DIR: CLIENT },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    process_ = child;
    let output = '';
    child.stdout.on('data', (chunk) => (output = (output + chunk).slice(-4000)));
    child.stderr.on('data', (chunk) => (output = (output + chunk).slice(-4000)));
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${output}`);
      const answer = await fetch(`${url}readyz`).catch(() => null);
      if (answer?.ok) return;
      if (output.includes('"event":"failed"')) {
        child.kill('SIGKILL');
        throw new Error(`the server refused its models:\n${output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  const stop = async (): Promise<void> => {
    const child = process_;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };

  await start();
  return { url, start, stop };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
