import { parentPort, workerData } from 'node:worker_threads';
import { createIntegerRunner } from '@sld-edge/runtime/integer';
import { openImageSource } from '../data/sets/image-source.ts';
import { toTeacherPixels } from './model-input.ts';
import type { IntegerLogitsJob } from './program-logits.ts';

const BATCH = 50;

const { program, images, start, end, size, preprocessing } = (workerData as { data: IntegerLogitsJob }).data;
const source = openImageSource(images);
const runner = createIntegerRunner(program);
for (let at = start; at < end; at += BATCH) {
  const last = Math.min(end, at + BATCH);
  const part = runner.logits(toTeacherPixels(source.range(at, last), last - at, size, preprocessing));
  parentPort!.postMessage({ at, part }, [part.buffer as ArrayBuffer]);
}
