/** Worker thread: a replica from the first step to the last, in step with the others; it reports nothing. */
import { parentPort, workerData } from 'node:worker_threads';
import { createEngine } from '../../engines/index.ts';
import { openReplica } from '../replica.ts';
import { joinAllReduce, Stopped } from './all-reduce.ts';
import type { ReplicaThreadData } from './team.ts';

const { training, rank, allReduce } = (workerData as { data: ReplicaThreadData }).data;
// A wait for the others keeps no thread alive by itself.
parentPort!.ref();

const engine = await createEngine(training.engine);
const replica = await openReplica(training, engine, joinAllReduce(allReduce, rank));
try {
  for (let epoch = training.start.epochsDone + 1; epoch <= training.recipe.epochs; epoch++) {
    for await (const { losses } of replica.epoch(epoch)) engine.tf.dispose(losses);
    await replica.finishEpoch();
  }
} catch (error) {
  if (!(error instanceof Stopped)) throw error;
} finally {
  await replica.close();
}
// What engines and sessions leave running would keep the thread.
process.exit();
