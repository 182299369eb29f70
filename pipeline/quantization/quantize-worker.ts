import { parentPort, workerData } from 'node:worker_threads';
import { normalise, type Preprocessing } from '@sld-edge/runtime';
import { openImageSource } from '../data/sets/image-source.ts';
import type { ImageSet } from '../data/sets/index.ts';
import { createEngine } from '../engines/index.ts';
import { wasmHandle } from '../engines/wasm.ts';
import { variantLogits } from '../evaluation/network-logits.ts';
import type { FrozenNetwork } from '../networks/freeze.ts';
import { frozenTensors } from '../networks/frozen-tensors.ts';
import { createBiasCorrector, type BiasCorrector } from './correct-bias.ts';
import type { CorrectionJob, IntegerJob, MixJob, SetHandle } from './quantize-in-thread.ts';
import { quantizeNetwork } from './integer/quantize-network.ts';
import { chooseMix, MIX_ENCODINGS } from './mixed/choose-mix.ts';
import { createMixer } from './mixed/mixer.ts';
import { createReader } from './mixed/mix-units.ts';

const { data: job } = workerData as { data: IntegerJob | CorrectionJob | MixJob };
const { tf } = await createEngine(wasmHandle);

const setOf = ({ images, labels }: SetHandle): ImageSet => ({ count: labels.length, images: openImageSource(images), labels });

function correctorOf(network: FrozenNetwork, images: ImageSet, preprocessing: Preprocessing): Promise<BiasCorrector> {
  return createBiasCorrector(tf, network, {
    count: images.count,
    inputs: (start, end) => normalise(images.images.range(start, end), preprocessing),
  });
}

async function correctedOf({ network, calibration, preprocessing }: CorrectionJob): Promise<FrozenNetwork> {
  const mix = new Map(frozenTensors(network).flatMap(({ name, isWeight }) => (isWeight ? [[name, { encoding: 'uint8' }] as const] : [])));
  const mixer = createMixer(network, createReader(), await correctorOf(network, setOf(calibration), preprocessing));
  return (await mixer(mix)).stored;
}

async function mixOf({ network, calibration, validation, preprocessing, maxDrop }: MixJob): Promise<object> {
  const images = setOf(calibration);
  const { mix, stored } = await chooseMix(
    {
      network,
      calibration: images,
      validation: setOf(validation),
      // No budget is kept and nothing reported: what is in every mix does not matter.
      otherBytes: 0,
      logits: (networks, set, onPasses) => variantLogits(tf, networks, set, (pixels) => normalise(pixels, preprocessing), onPasses),
      correctBias: await correctorOf(network, images, preprocessing),
    },
    { encodings: MIX_ENCODINGS, maxDrop },
  );
  return { mix, stored };
}

const answers = {
  integer: ({ network, calibration, options }: IntegerJob) => quantizeNetwork(tf, network, calibration, options),
  uint8: correctedOf,
  mixed: mixOf,
};
parentPort!.postMessage(await answers[job.to](job as never));
