/** A network in every encoding and in mixes of them, measured: what `npm run quantize` reports. */
import { type Difference, accuracyDifference } from '../../evaluation/accuracy.ts';
import type { Accuracy } from '@sld-edge/runtime';
import { spreadOver } from '../../data/sets/image-set.ts';
import type { ImageSet } from '../../data/sets/index.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { frozenTensors } from '../../networks/frozen-tensors.ts';
import { encodings, storageName, type StorageFormat } from '../encodings.ts';
import { chooseMix, plannedPasses, type ChosenMix, type MixOptions, type MixSubject } from './choose-mix.ts';
import { mixesBetween } from './search-ladder.ts';
import { afterSteps, selectionBytes, selectionDamage, ladder, mixOf, type Selection } from './ladder.ts';
import { createReader, roundTripUniformly } from './mix-units.ts';
import { createPassProgress } from './pass-progress.ts';

/** Reader that opens the files. */
export type Opener = 'stock tfjs' | 'our loader' | 'integer runtime';

export interface MeasuredMix extends Accuracy, Difference {
  variant: string;
  kind: 'uniform' | 'plain' | 'mix' | 'chosen' | 'integer';
  opens: Opener;
  weightBytes: number;
  /** Nats, the sum of the layers' damages; of mixes. */
  expectedDamage?: number;
}

export interface CompareSubject extends MixSubject {
  test: ImageSet;
}

export interface CompareOptions extends MixOptions {
  /** Mixes between the smallest and half of float32's size, beside the chosen one. */
  points: number;
  /** Test images by which all but float32 and the chosen mix are measured. */
  comparisonImages: number;
}

export interface MixReport extends Pick<ChosenMix, 'units' | 'chosen' | 'mix' | 'stored' | 'choice'> {
  /** float32 first, the chosen mix last: those two on all test images. */
  variants: MeasuredMix[];
  /** Logits of float32, with which others are compared. */
  float32Logits: Float32Array;
}

/** Test images by which encodings and mixes are compared, but for float32 and the chosen one. */
export const COMPARISON_IMAGES = 1000;

/** Shown for comparison. */
const UNIFORM: readonly StorageFormat[] = [
  { encoding: 'float16' },
  { encoding: 'uint8' },
  { encoding: 'int8' },
  ...(['int4', 'int4g32'] as const).flatMap((encoding): StorageFormat[] => [
    { encoding, rule: 'largest' },
    { encoding, rule: 'least-error' },
  ]),
];

/**
 * @param onRow told each variant as soon as it is measured
 * @throws RangeError where no mix is as small as the budget
 */
export async function compareMixes(
  subject: CompareSubject,
  options: CompareOptions,
  onRow: (row: MeasuredMix) => void,
  onProgress: (fraction: number, what: string) => void,
): Promise<MixReport> {
  const { network, test, logits, otherBytes } = subject;
  const { points, comparisonImages } = options;
  const comparison = spreadOver(test, comparisonImages);
  const work = createPassProgress(
    {
      float32: test.count,
      'one encoding throughout': (1 + UNIFORM.length) * comparison.count,
      ...plannedPasses(subject, options),
      'mixes along the budget': (1 + points) * comparison.count,
      'the chosen mix': test.count,
    },
    onProgress,
  );
  const variants: MeasuredMix[] = [];
  const add = (row: MeasuredMix): void => {
    variants.push(row);
    onRow(row);
  };
  const openerOf = (storages: Iterable<StorageFormat>): Opener =>
    [...storages].every(({ encoding }) => encodings[encoding].stock) ? 'stock tfjs' : 'our loader';
  const differences = async (networks: FrozenNetwork[]): Promise<(Accuracy & Difference)[]> => {
    const [float32, ...others] = await logits([network, ...networks], comparison, work.did);
    return others.map((own) => accuracyDifference(float32, own, comparison.labels, network.classes));
  };

  work.begin('float32');
  const [float32Logits] = await logits([network], test, work.did);
  const read = createReader();
  const weightBytesOf = (storage: StorageFormat): number =>
    frozenTensors(network).reduce(
      (sum, tensor) => sum + (tensor.isWeight ? read(tensor, storage).bytes : 4 * tensor.data.length),
      otherBytes,
    );
  add({
    variant: 'float32',
    kind: 'uniform',
    opens: 'stock tfjs',
    weightBytes: weightBytesOf({ encoding: 'float32' }),
    ...accuracyDifference(float32Logits, float32Logits, test.labels, network.classes),
  });
  work.begin('one encoding throughout');
  const uniform = await differences(UNIFORM.map((storage) => roundTripUniformly(network, storage, read)));
  for (const [i, storage] of UNIFORM.entries()) {
    add({
      variant: storageName(storage),
      kind: storage.rule === 'largest' ? 'plain' : 'uniform',
      opens: openerOf([storage]),
      weightBytes: weightBytesOf(storage),
      ...uniform[i],
    });
  }

  const { units, chosen, choice, mix, stored, networkOf } = await chooseMix(subject, options, work);
  const rowOf = (variant: string, kind: MeasuredMix['kind'], selection: Selection, difference: Accuracy & Difference): MeasuredMix => ({
    variant,
    kind,
    opens: openerOf(mixOf(units, selection).values()),
    weightBytes: otherBytes + selectionBytes(selection),
    ...difference,
    expectedDamage: selectionDamage(selection),
  });

  work.begin('mixes along the budget');
  const [smallest, ...between] = [afterSteps(units, ladder(units), Infinity), ...mixesBetween(units, points)];
  const shown = points > 0 ? [...between.reverse(), smallest] : [];
  const networks: FrozenNetwork[] = [];
  for (const selection of shown) networks.push((await networkOf(selection)).read);
  for (const [i, difference] of (await differences(networks)).entries())
    add(rowOf(`mix of ${kilobytes(otherBytes + selectionBytes(shown[i]))}`, 'mix', shown[i], difference));
  work.begin('the chosen mix');
  const [own] = await logits([(await networkOf(chosen)).read], test, work.did);
  add(rowOf('chosen mix', 'chosen', chosen, accuracyDifference(float32Logits, own, test.labels, network.classes)));
  return { variants, units, chosen, mix, stored, choice, float32Logits };
}

/** `12.3 kB`, `191 kB`, `1.11 MB`. */
export const kilobytes = (bytes: number): string =>
  bytes < 999_500 ? `${(bytes / 1000).toFixed(bytes < 99_950 ? 1 : 0)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
