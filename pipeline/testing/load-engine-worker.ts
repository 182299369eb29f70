/** Loads the engine in this thread and sends 3·4 back, for the test of worker threads. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadTensorflow } from '../engines/provision/load.ts';

const { bindingPath } = workerData.data as { bindingPath: string };
const tf = loadTensorflow({ bindingPath });
parentPort!.postMessage(tf.sum(tf.fill([3, 4], 1)).dataSync()[0]);
