import { parentPort, workerData } from 'node:worker_threads';
import { openImageSource } from '../data/sets/image-source.ts';
import { modelPixels } from './model-input.ts';
import { programBackend } from './program-backend.ts';
import type { ProgramShare } from './program-logits.ts';

const BATCH = 50;

const { program, backend, images, start, end, size, preprocessing } = (workerData as { data: ProgramShare }).data;
const source = openImageSource(images);
const runner = await programBackend(backend).loadProgram(program);
const scale = Math.fround(program.nodes.at(-1)!.scale);
for (let at = start; at < end; at += BATCH) {
  const last = Math.min(end, at + BATCH);
  const part = Float32Array.from(await runner.integerLogits(modelPixels(source.range(at, last), last - at, size, preprocessing)), (value) => value * scale);
  parentPort!.postMessage({ at, part }, [part.buffer as ArrayBuffer]);
}
