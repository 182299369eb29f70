import { parentPort, workerData } from 'node:worker_threads';
import { createIntegerRunner } from '@sld-edge/runtime/integer';
import { openImageSource } from '../data/sets/image-source.ts';
import { modelPixels } from './model-input.ts';
import type { ProgramShare } from './program-logits.ts';

const BATCH = 50;

const { program, images, start, end, size, preprocessing } = (workerData as { data: ProgramShare }).data;
const source = openImageSource(images);
const runner = createIntegerRunner(program);
for (let at = start; at < end; at += BATCH) {
  const last = Math.min(end, at + BATCH);
  const part = runner.logits(modelPixels(source.range(at, last), last - at, size, preprocessing));
  parentPort!.postMessage({ at, part }, [part.buffer as ArrayBuffer]);
}
