/** Worker thread: a replica from the first step to the last, in step with the others; it reports nothing. */
import { parentPort, workerData } from 'node:worker_threads';
import { normalise } from '@sld-edge/runtime';
import { openImageSource } from '../../data/sets/image-source.ts';
import type { ImageSet } from '../../data/sets/index.ts';
import { methodNamed } from '../../distillers/index.ts';
import { createEngine } from '../../engines/index.ts';
import { ownBatchSource } from '../batches.ts';
import { createReplica } from '../replica.ts';
import { openViewMaker } from '../view-maker.ts';
import { joinAllReduce, Stopped } from './all-reduce.ts';
import type { ReplicaThreadData } from './team.ts';

const { engine: handle, method, measured, preprocessing, views, epochsDone, rank, allReduce, ...parts } = (workerData as { data: ReplicaThreadData }).data;
// A wait for the others keeps no thread alive by itself.
parentPort!.ref();

const engine = await createEngine(handle);
const replica = createReplica({
  ...parts,
  engine,
  // The options are the method's own, as it was made: stated again they are the same.
  distiller: methodNamed(method.name).create(method.options),
  measured: measured.map(({ images, labels }): ImageSet => ({ count: labels.length, images: openImageSource(images), labels })),
  normalise: (pixels) => normalise(pixels, preprocessing),
  source: ownBatchSource(await openViewMaker(views, engine)),
  member: joinAllReduce(allReduce, rank),
});
try {
  for (let epoch = epochsDone + 1; epoch <= parts.recipe.epochs; epoch++) {
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
