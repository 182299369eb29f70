import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { promisify } from 'node:util';

export interface BuiltServer {
  pid: number;
  url: string;
  /** Log records, in order. */
  records: Record<string, unknown>[];
  /** Ends it and waits for that. */
  stop(): Promise<void>;
}

const server = fileURLToPath(new URL('..', import.meta.url));

/** Builds the server as it is deployed, and returns the bundle's entry; beside `dist`, so that no deployed build is touched. */
export async function buildServer(): Promise<string> {
  const folder = path.join(server, `dist/.test-${process.pid}`);
  await promisify(execFile)('npm', ['run', 'build', '--', `--outdir=${folder}`, '--log-level=error'], { cwd: server });
  return path.join(folder, 'main.js');
}

/** Starts a built server on a free port and waits until it is ready. @throws Error with what it logged where it ends before */
export async function startBuiltServer(entry: string, env: Record<string, string>): Promise<BuiltServer> {
  const child = spawn(process.execPath, [entry], {
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const records: Record<string, unknown>[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const record = JSON.parse(line) as Record<string, unknown>;
      records.push(record);
      if (record.event === 'ready') resolve(records.find(({ event }) => event === 'listening')!.port as number);
      if (record.event === 'failed') reject(new Error(line));
    });
    void exited.then(() => reject(new Error(`the server ended: ${JSON.stringify(records)}`)));
  });
  return {
    pid: child.pid!,
    url: `http://127.0.0.1:${port}`,
    records,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
