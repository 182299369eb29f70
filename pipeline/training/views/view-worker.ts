/** Worker thread: makes views and asks the teacher about them, off the training thread. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Views } from '../training.ts';
import { openViewMaker, type ViewRequest } from './view-maker.ts';

const { data } = workerData as { data: Views };
const maker = await openViewMaker(data);

async function answer(request: ViewRequest): Promise<void> {
  const reply = await maker.make(request);
  const { images, teacherLogits } = reply;
  parentPort!.postMessage(reply, [images.buffer as ArrayBuffer, ...(teacherLogits ? [teacherLogits.buffer as ArrayBuffer] : [])]);
}

/** One after another, so that replies keep the order of the requests; a rejection ends the thread with its error. */
let previous = Promise.resolve();
parentPort!.on('message', (request: ViewRequest) => {
  previous = previous.then(() => answer(request));
});
