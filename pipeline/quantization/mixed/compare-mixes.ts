/** A network in every encoding and in mixes of them, measured: what `npm run quantize` reports. */
import type { Accuracy } from '@sld-edge/runtime';
import type { ImageSet } from '../../datasets/index.ts';
import { writeGraphModel } from '../../packaging/graph-model.ts';
import { encodings, type EncodingName } from '../encodings/index.ts';
import { against, type Difference } from './against.ts';
import { chooseMix, type ChosenMix, type MixOptions, type MixSubject } from './choose-mix.ts';
import { mixesBetween } from './choose.ts';
import { afterSteps, bytesOf, damageOf, ladder, mixOf, type Selection } from './ladder.ts';
import { readUniformly } from './units.ts';

/** Who opens the files. */
export type Opener = 'stock tfjs' | 'our loader' | 'integer runtime';

export interface MeasuredMix extends Accuracy, Difference {
  variant: string;
  kind: 'uniform' | 'plain' | 'mix' | 'chosen' | 'integer';
  opens: Opener;
  weightBytes: number;
  /** Nats, the sum of the layers' damages; of mixes. */
  expectedDamage?: number;
}

export interface Subject extends MixSubject {
  test: ImageSet;
}

export interface CompareOptions extends MixOptions {
  /** Mixes between the smallest and half of float32's size, beside the chosen one. */
  points: number;
}

export interface MixReport extends Pick<ChosenMix, 'units' | 'chosen' | 'mix' | 'choice'> {
  /** float32 first, the chosen mix last. */
  variants: MeasuredMix[];
  /** By which others are compared with float32. */
  float32Logits: Float32Array;
}

/** Encodings shown for comparison, with and without the search for scales where they have one. */
const UNIFORM: readonly EncodingName[] = ['float16', 'uint8', 'int8', 'int4', 'int4g32'];

/**
 * @param onRow told each variant as soon as it is measured
 * @throws RangeError where no mix is as small as the budget
 */
export async function compareMixes(subject: Subject, options: CompareOptions, onRow: (row: MeasuredMix) => void, onProgress: (fraction: number, what: string) => void): Promise<MixReport> {
  const { network, test, logits } = subject;
  const float32Logits = await logits(network, test);
  const variants: MeasuredMix[] = [];
  const add = (variant: string, kind: MeasuredMix['kind'], opens: Opener, weightBytes: number, own: Float32Array, more: object = {}): void => {
    const row = { variant, kind, opens, weightBytes, ...against(float32Logits, own, test.labels, network.classes), ...more };
    variants.push(row);
    onRow(row);
  };
  const openerOf = (names: Iterable<EncodingName>): Opener => ([...names].every((name) => encodings[name].stock) ? 'stock tfjs' : 'our loader');
  add('float32', 'uniform', 'stock tfjs', writeGraphModel(network, 'float32').weightBytes, float32Logits);
  for (const name of UNIFORM) {
    const { weightBytes } = writeGraphModel(network, name);
    if ('encodePlainly' in encodings[name]) add(`${name}, plain`, 'plain', openerOf([name]), weightBytes, await logits(readUniformly(network, name, true), test));
    add(name, 'uniform', openerOf([name]), weightBytes, await logits(readUniformly(network, name), test));
  }

  const { units, chosen, choice, otherBytes, networkOf } = await chooseMix(subject, options, onProgress);
  const addMix = async (variant: string, kind: MeasuredMix['kind'], selection: Selection): Promise<void> =>
    add(variant, kind, openerOf(mixOf(units, selection).values()), otherBytes + bytesOf(selection), await logits(networkOf(selection), test), { expectedDamage: damageOf(selection) });

  const [smallest, ...between] = [afterSteps(units, ladder(units), Infinity), ...mixesBetween(units, options.points)];
  if (options.points > 0) for (const selection of [...between.reverse(), smallest]) await addMix(`mix of ${kilobytes(otherBytes + bytesOf(selection))}`, 'mix', selection);
  await addMix('chosen mix', 'chosen', chosen);
  return { variants, units, chosen, mix: mixOf(units, chosen), choice, float32Logits };
}

/** `12.3 kB`, `191 kB`, `1.11 MB`. */
export const kilobytes = (bytes: number): string => (bytes < 999_500 ? `${(bytes / 1000).toFixed(bytes < 99_950 ? 1 : 0)} kB` : `${(bytes / 1e6).toFixed(2)} MB`);
