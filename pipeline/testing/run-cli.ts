import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface CliResult {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

const cli = fileURLToPath(new URL('../sld-edge.mjs', import.meta.url));

/** Starts a command of the pipeline in a process of its own, as `npm run <command>` does, with `cwd` as working folder and `more` in its environment. */
export function startCli(args: string[], cwd: string, more: NodeJS.ProcessEnv = {}): { child: ChildProcess; result: Promise<CliResult> } {
  const env = { ...process.env, SLD_EDGE_DEBUG: '', ...more };
  const child = spawn(process.execPath, [cli, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const result = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
  return { child, result };
}

export const runCli = (args: string[], cwd: string, more?: NodeJS.ProcessEnv): Promise<CliResult> => startCli(args, cwd, more).result;
