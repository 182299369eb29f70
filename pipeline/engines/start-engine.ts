/** Starts the training engine and says which one answered, and why the ones before it did not. */
import { availableParallelism } from 'node:os';
import { createProgress } from '../support/progress.ts';
import { say } from '../support/say.ts';
import { selectEngine, type Engine } from './index.ts';
import type { ProvisionProgress } from './provision/index.ts';

/**
 * @param threads that compute at the same time. One op gains little from a second core (a fifth, measured), so each thread
 *   keeps to its share of them.
 */
export async function startEngine(wanted: string, threads = 1): Promise<Engine> {
  const coresPerOp = threads > 1 ? Math.max(1, Math.floor(availableParallelism() / threads)) : undefined;
  let progress = createProgress('engine');
  let stage = '';
  const onProgress = (event: ProvisionProgress): void => {
    if (event.stage !== stage) {
      stage = event.stage;
      progress.done(`engine: ${event.message}`);
      // A stage's pace says nothing about the next one's.
      progress = createProgress('engine');
    } else if (event.totalBytes) progress.update((event.doneBytes ?? 0) / event.totalBytes, event.message);
  };
  const { engine, rejected } = await selectEngine(wanted, { coresPerOp, onProgress });
  progress.done();
  for (const { name, reason } of rejected)
    say(`engine ${name} can't be used: ${reason}. Using ${engine.name} instead; npm run doctor tells what is missing`);
  say(`engine: ${engine.description}`);
  for (const note of engine.handle.notes ?? []) say(`engine: ${note}`);
  return engine;
}
