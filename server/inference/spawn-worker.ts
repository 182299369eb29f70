import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createFrameCutter, encodeFrame } from './frames.ts';
import { CHANNEL, type FromWorker, type ToWorker } from './protocol.ts';

/** Interface of a worker process that the pool needs. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Hands over a message, and with a job its image, without waiting for it to be read. */
  send(message: ToWorker, bytes?: Uint8Array): void;
  onMessage(listener: (message: FromWorker) => void): void;
  /** Called once, however the process ended. */
  onEnd(listener: (reason: Error) => void): void;
  /** Ends it at once, whatever it is doing. */
  kill(): void;
}

/**
 * V8's new generation is kept small, and `gc` can be called: what a picture took is given back before the next one is
 * decoded in another process.
 */
const NODE_FLAGS = ['--expose-gc', '--max-semi-space-size=4'];

/** glibc: few arenas, and blocks of 1 MB and more go back to the system when they are freed. */
const MALLOC_ENVIRONMENT = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: String(1024 * 1024) };

/** Starts a process that runs `worker.js` beside the bundle, or `worker.ts` where the sources run. */
export function spawnWorker(): WorkerProcess {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const entry = fileURLToPath(new URL(`./worker.${extension}`, import.meta.url));
  const child = spawn(process.execPath, [...NODE_FLAGS, ...(extension === 'ts' ? ['--import', tsxLoader()] : []), entry], {
    env: { ...MALLOC_ENVIRONMENT, ...process.env },
    // The standard output is the log's; what a native library prints goes to the standard error.
    stdio: ['ignore', 2, 2, 'pipe'],
  });
  lowerPriority(child.pid);
  const channel = child.stdio[CHANNEL] as Duplex;
  // A process that ends while it is being written to: told by its end.
  channel.on('error', () => undefined);
  return {
    get pid() {
      return child.pid;
    },
    send(message, bytes) {
      const head = encodeFrame(message, bytes?.length ?? 0);
      if (!bytes) return void channel.write(head);
      // Both in one call of the system.
      channel.cork();
      channel.write(head);
      channel.write(bytes);
      channel.uncork();
    },
    onMessage(listener) {
      const cut = createFrameCutter<FromWorker>(({ message, bytes }) => {
        if (message.type === 'answer' && bytes.length > 0) message.answer.logits = floatsOf(bytes);
        listener(message);
      });
      channel.on('data', cut);
    },
    onEnd(listener) {
      let ended = false;
      const end = (reason: Error): void => {
        if (!ended) listener(reason);
        ended = true;
      };
      child.on('error', end);
      child.on('exit', (code, signal) => end(new Error(`the worker process ended with ${signal ?? `code ${code}`}`)));
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** The server's own process goes first: `/healthz` and refusals are answered however busy the workers are. */
function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Gone already, or a system that allows it to nobody.
  }
}

/** Copied, since they begin anywhere. */
const floatsOf = (bytes: Uint8Array): Float32Array => new Float32Array(Uint8Array.from(bytes).buffer);

/** The loader with which the sources run; where another (Vitest's) runs them here, the process still needs this one. */
function tsxLoader(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}
