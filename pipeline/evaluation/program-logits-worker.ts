import { parentPort, workerData } from 'node:worker_threads';
import { createIntegerRunner } from '@sld-edge/runtime/integer';
import { openImageSource } from '../data/sets/image-source.ts';
import { modelPixels } from './model-input.ts';
import { programBackend } from './program-backend.ts';
import type { ProgramShare } from './program-logits.ts';

const BATCH = 50;

const { program, backend, images, start, end, size, preprocessing } = (workerData as { data: ProgramShare }).data;
const source = openImageSource(images);
const network = await programBackend(backend).loadProgram(program);
const scale = Math.fround(program.nodes.at(-1)!.scale);
const pixelsOf = (from: number, to: number): Uint8Array => modelPixels(source.range(from, to), to - from, size, preprocessing);

// The interpreter defines the arithmetic: the kernels must give its integers on the first image of every share.
const first = pixelsOf(start, start + 1);
const [defined, computed] = [createIntegerRunner(program).integerLogits(first), await network.integerLogits(first)];
if (String(defined) !== String(computed))
  throw new Error(`integer kernels give [${computed}] for image ${start}, the interpreter [${defined}]`);

for (let at = start; at < end; at += BATCH) {
  const last = Math.min(end, at + BATCH);
  const part = Float32Array.from(await network.integerLogits(pixelsOf(at, last)), (value) => value * scale);
  parentPort!.postMessage({ at, part }, [part.buffer as ArrayBuffer]);
}
