import { parentPort, workerData } from 'node:worker_threads';
import { normalise } from '@sld-edge/runtime';
import { openImageSource } from '../../datasets/image-source.ts';
import type { ImageSet } from '../../datasets/index.ts';
import { createEngine } from '../../engines/index.ts';
import { wasmHandle } from '../../engines/wasm.ts';
import { frozenLogits } from '../../training/evaluate.ts';
import { chooseMix } from './choose-mix.ts';
import { MIX_ENCODINGS } from './defaults.ts';
import type { MixJob, SetHandle } from './mix-in-thread.ts';

const { network, calibration, validation, preprocessing, maxDrop } = (workerData as { data: MixJob }).data;
const { tf } = await createEngine(wasmHandle);
const setOf = ({ images, labels }: SetHandle): ImageSet => ({ count: labels.length, images: openImageSource(images), labels });
const { mix } = await chooseMix(
  { network, calibration: setOf(calibration), validation: setOf(validation), logits: (changed, set) => frozenLogits(tf, changed, set, (pixels) => normalise(pixels, preprocessing)) },
  { encodings: MIX_ENCODINGS, maxDrop },
);
parentPort!.postMessage(mix);
