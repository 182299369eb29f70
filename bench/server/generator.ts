import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Load, LoadResult } from './generator-child.ts';
import { pinned, type Cores } from './cores.ts';

export interface Generator {
  run(load: Load): Promise<LoadResult>;
  stop(): void;
}

/** Starts the load generator on the core that is not the servers'. */
export function startGenerator({ generator }: Cores): Generator {
  const script = fileURLToPath(new URL('./generator-child.ts', import.meta.url));
  const [program, ...args] = pinned(generator, [process.execPath, '--import', 'tsx']);
  const child = fork(script, [], { execPath: program, execArgv: args, serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] });
  return {
    run: (load) =>
      new Promise((resolve, reject) => {
        const onExit = (code: number | null): void => reject(new Error(`the load generator ended with ${code}`));
        child.once('exit', onExit);
        child.once('message', (result) => {
          child.off('exit', onExit);
          resolve(result as LoadResult);
        });
        child.send(load);
      }),
    stop: () => void child.kill(),
  };
}
