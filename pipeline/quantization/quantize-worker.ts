import { parentPort, workerData } from 'node:worker_threads';
import { normalise } from '@sld-edge/runtime';
import { openImageSource } from '../data/sets/image-source.ts';
import type { ImageSet } from '../data/sets/index.ts';
import { createEngine } from '../engines/index.ts';
import { wasmHandle } from '../engines/wasm.ts';
import { variantLogits } from '../evaluation/network-logits.ts';
import { createBiasCorrector } from './correct-bias.ts';
import type { IntegerJob, MixJob, SetHandle } from './quantize-in-thread.ts';
import { quantizeNetwork } from './integer/quantize-network.ts';
import { chooseMix, MIX_ENCODINGS } from './mixed/choose-mix.ts';

const { data: job } = workerData as { data: IntegerJob | MixJob };
const { tf } = await createEngine(wasmHandle);
parentPort!.postMessage(job.to === 'integer' ? await quantizeNetwork(tf, job.network, job.calibration, job.options) : await mixOf(job));

async function mixOf({ network, calibration, validation, preprocessing, maxDrop }: MixJob): Promise<object> {
  const setOf = ({ images, labels }: SetHandle): ImageSet => ({ count: labels.length, images: openImageSource(images), labels });
  const images = setOf(calibration);
  const normalised = (pixels: Uint8Array): Float32Array => normalise(pixels, preprocessing);
  const { mix, stored } = await chooseMix(
    {
      network,
      calibration: images,
      validation: setOf(validation),
      // No budget is kept and nothing reported: what is in every mix does not matter.
      otherBytes: 0,
      logits: (networks, set, onPasses) => variantLogits(tf, networks, set, normalised, onPasses),
      correctBias: await createBiasCorrector(tf, network, {
        count: images.count,
        inputs: (start, end) => normalised(images.images.range(start, end)),
      }),
    },
    { encodings: MIX_ENCODINGS, maxDrop },
  );
  return { mix, stored };
}
