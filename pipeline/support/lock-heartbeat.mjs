/** Worker thread: renews the modification time of a lock file as long as it is its owner's (file-lock.ts). */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const { path, content, beatMs } = workerData;
const timer = setInterval(() => {
  let file;
  try {
    file = openSync(path, 'r+');
    if (readFileSync(file, 'utf8') === content) writeSync(file, content, 0);
    else clearInterval(timer);
  } catch {
    // A file system that does not answer now may answer at the next beat; the owner asks the file before it writes.
  } finally {
    if (file !== undefined) closeSync(file);
  }
}, beatMs);
