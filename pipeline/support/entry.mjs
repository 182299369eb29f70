/** Entry of threads, and of processes of their own: compiles the pipeline where that has not been done, then runs a module of it. */
import { isMainThread, workerData } from 'node:worker_threads';
import { pathToFileURL } from 'node:url';
import { compiledUrl } from './compile.mjs';

// A process is started as `node entry.mjs MODULE …`; the module finds its words where it would without this file.
if (isMainThread) process.argv.splice(1, 1);
const module = isMainThread ? pathToFileURL(process.argv[1]).href : workerData.module;
await import(await compiledUrl(module));
