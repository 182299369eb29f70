/** PyTorch in a child process, one command at a time, so that its steps and ours take turns on the same cores. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { PyTorch } from './install.ts';

export interface PeerDescription {
  torch: string;
  python: string;
  threads: number;
  onednn: boolean;
  /** The instruction set that PyTorch's own kernels use. */
  capability: string;
  /** True if the student goes through `torch.compile`; else it runs op by op, as ours does. */
  compiled: boolean;
}

export interface PeerCase {
  student: string;
  teacher?: string;
  /** Nothing is trained: a step is a pass of the frozen network without its head, and its only figure the features' mean. */
  features?: true;
  /** Height, width, channels. */
  input: [number, number, number];
  classes: number;
  sgd: { momentum: number; weightDecay: number; nesterov: boolean };
  /** Paths: safetensors, float32 NHWC, int32. */
  weights: string;
  teacherWeights?: string;
  images: string;
  labels: string;
}

export interface PeerSteps {
  /** Time of each step, in ms. */
  ms: number[];
  /** Losses of each step, by name, before its update. */
  losses: Record<string, number>[];
}

export interface Peer {
  description: PeerDescription;
  /** Builds networks from the files; answers the number of trainable scalars. */
  open(spec: PeerCase): Promise<{ parameters: number }>;
  steps(count: number, learningRate: number): Promise<PeerSteps>;
  /** Processor time that its process has used so far, all threads. */
  cpuSeconds(): Promise<number>;
  close(): Promise<void>;
}

/** @throws Error (from any call) with the last line that Python said before it stopped. */
export async function startPeer({ python, env }: PyTorch, threads: number, compile: boolean): Promise<Peer> {
  const script = fileURLToPath(new URL('./step.py', import.meta.url));
  const child: ChildProcess = spawn(python, ['-u', script], {
    env: { ...process.env, ...env, OMP_NUM_THREADS: String(threads) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
  const ended = new Promise<Error>((resolve) => {
    child.on('error', resolve);
    child.on('close', (status, signal) =>
      resolve(
        new Error(`PyTorch's process ended (${signal ?? `status ${status}`}): ${said.trim().split('\n').pop() || 'it said nothing'}`),
      ),
    );
  });
  // A write after its end; what `ended` says is the reason.
  child.stdin!.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();

  async function ask<T>(request: object): Promise<T> {
    child.stdin!.write(`${JSON.stringify(request)}\n`);
    const answer = await lines.next();
    if (answer.done) throw await ended;
    return JSON.parse(answer.value) as T;
  }

  return {
    description: await ask<PeerDescription>({ command: 'start', threads, compile }),
    open: (spec) => ask({ command: 'case', ...spec }),
    steps: (count, learningRate) => ask({ command: 'steps', count, learningRate }),
    cpuSeconds: async () => (await ask<{ seconds: number }>({ command: 'cpu' })).seconds,
    async close() {
      child.stdin!.end();
      await ended;
    },
  };
}
