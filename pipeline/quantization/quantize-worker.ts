import { parentPort, workerData } from 'node:worker_threads';
import { normalise, type Preprocessing } from '@sld-edge/runtime';
import { openImageSource } from '../data/sets/image-source.ts';
import type { ImageSet } from '../data/sets/index.ts';
import { createEngine } from '../engines/index.ts';
import { wasmHandle } from '../engines/wasm.ts';
import { variantLogits } from '../evaluation/network-logits.ts';
import { createBiasCorrector } from './correct-bias.ts';
import type { RoundingJob, IntegerJob, MixJob, QuantizerNote, SetHandle } from './quantize-in-thread.ts';
import { quantizeNetwork } from './integer/quantize-network.ts';
import { roundNetwork, type RoundedNetwork } from './integer/round-network.ts';
import type { CalibrationImages } from './visit-layers.ts';
import { chooseMix, MIX_ENCODINGS, plannedPasses } from './mixed/choose-mix.ts';
import { createMixRounder } from './mixed/learned-rounding.ts';
import { createPassProgress } from './mixed/pass-progress.ts';
import type { ThreadNote } from '../support/thread.ts';

const { data: job } = workerData as { data: IntegerJob | RoundingJob | MixJob };
const { tf } = await createEngine(wasmHandle);

const tell = (note: QuantizerNote): void => parentPort!.postMessage({ note } satisfies ThreadNote<QuantizerNote>);

const setOf = ({ images, labels }: SetHandle): ImageSet => ({ count: labels.length, images: openImageSource(images), labels });

const calibrationOf = ({ count, images }: ImageSet, preprocessing: Preprocessing): CalibrationImages => ({
  count,
  inputs: (start, end) => normalise(images.range(start, end), preprocessing),
});

const roundedOf = ({ network, calibration, preprocessing }: RoundingJob): Promise<RoundedNetwork> =>
  roundNetwork(tf, network, calibrationOf(setOf(calibration), preprocessing), {}, (fraction, layer) => tell({ fraction, what: layer }));

async function mixOf({ network, calibration, rounding, validation, preprocessing, maxDrop }: MixJob): Promise<object> {
  const images = setOf(calibration);
  const sets = { network, calibration: images, validation: setOf(validation) };
  const options = { encodings: MIX_ENCODINGS, maxDrop };
  let share = 0;
  const progress = createPassProgress(plannedPasses(sets, options), (fraction, what) => tell({ fraction: (share = fraction), what }));
  const { mix, stored } = await chooseMix(
    {
      ...sets,
      // No budget is kept and nothing reported: what is in every mix does not matter.
      otherBytes: 0,
      logits: (networks, set, onPasses) => variantLogits(tf, networks, set, (pixels) => normalise(pixels, preprocessing), onPasses),
      correctBias: await createBiasCorrector(tf, network, calibrationOf(images, preprocessing)),
      rounder: await createMixRounder(tf, network, calibrationOf(setOf(rounding), preprocessing), MIX_ENCODINGS, (layer) =>
        tell({ fraction: share, what: `rounding of ${layer}` }),
      ),
    },
    options,
    progress,
  );
  return { mix, stored };
}

const answers = {
  integer: ({ network, calibration, options }: IntegerJob) =>
    quantizeNetwork(tf, network, calibration, options, {
      onProgress: (fraction, what) => tell({ fraction, what }),
      onChoice: (choice) => tell({ choice }),
    }),
  uint8: roundedOf,
  mixed: mixOf,
};
parentPort!.postMessage(await answers[job.to](job as never));
