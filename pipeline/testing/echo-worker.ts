/** A thread for tests: marks shared memory, says its words and where it lies, or throws where it has none. */
import { parentPort, workerData } from 'node:worker_threads';

interface Data {
  shared: Uint8Array;
  words?: readonly string[];
}

const { shared, words } = (workerData as { data: Data }).data;
if (!words) throw new Error('no words');
shared[1] = 7;
parentPort!.postMessage({ said: words.join(' '), source: import.meta.url });
