import { parentPort, workerData } from 'node:worker_threads';
import { normalise } from '@sld-edge/runtime';
import { openImageSource } from '../../data/sets/image-source.ts';
import type { ImageSet } from '../../data/sets/index.ts';
import { createEngine } from '../../engines/index.ts';
import { wasmHandle } from '../../engines/wasm.ts';
import { variantLogits } from '../../evaluation/network-logits.ts';
import { chooseMix } from './choose-mix.ts';
import { createBiasCorrector } from './correct-bias.ts';
import { MIX_ENCODINGS } from './defaults.ts';
import type { MixJob, SetHandle } from './mix-in-thread.ts';

const { network, calibration, validation, preprocessing, maxDrop } = (workerData as { data: MixJob }).data;
const { tf } = await createEngine(wasmHandle);
const setOf = ({ images, labels }: SetHandle): ImageSet => ({ count: labels.length, images: openImageSource(images), labels });
const images = setOf(calibration);
const normalised = (pixels: Uint8Array): Float32Array => normalise(pixels, preprocessing);
const { mix, stored } = await chooseMix(
  {
    network,
    calibration: images,
    validation: setOf(validation),
    logits: (networks, set, onPasses) => variantLogits(tf, networks, set, normalised, onPasses),
    correctBias: await createBiasCorrector(tf, network, images, normalised),
  },
  { encodings: MIX_ENCODINGS, maxDrop },
);
parentPort!.postMessage({ mix, stored });
