/** A network in every encoding and in mixes of them, measured: what `npm run quantize` reports. */
import type { Accuracy } from '@sld-edge/runtime';
import type { ImageSet } from '../../datasets/index.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { writeGraphModel } from '../../packaging/graph-model.ts';
import { accuracy, agreement, predictions } from '../../training/evaluate.ts';
import { encodings, type EncodingName, type Mix } from '../encodings/index.ts';
import { bestWithin, mixesBetween, smallestHolding, type Tried } from './choose.ts';
import { measureDamage, type MeasuredUnit } from './damage.ts';
import { afterSteps, bytesOf, damageOf, ladder, mixOf, type Selection } from './ladder.ts';
import { createReader, readNetwork, readUniformly, unitsOf } from './units.ts';

/** Who opens the files. */
export type Opener = 'stock tfjs' | 'our loader' | 'integer runtime';

export interface MeasuredMix extends Accuracy {
  variant: string;
  kind: 'uniform' | 'plain' | 'mix' | 'chosen' | 'integer';
  opens: Opener;
  weightBytes: number;
  /** Fraction of the test images with float32's answer. */
  agreementWithFloat32: number;
  /** Points of top-1 below float32 on the test images. */
  drop: number;
  /** Of `drop`, in points: √(gained + lost) / images, of images that one of the two alone gets right. */
  dropStandardError: number;
  /** Nats, the sum of the layers' damages; of mixes. */
  expectedDamage?: number;
}

export interface Subject {
  network: FrozenNetwork;
  calibration: ImageSet;
  validation: ImageSet;
  test: ImageSet;
  /** Of a network on a set, `[images, classes]`. */
  logits(network: FrozenNetwork, set: ImageSet): Promise<Float32Array>;
}

export interface MixOptions {
  /** What a mix may be made of, beside float32. */
  encodings: readonly EncodingName[];
  /** Points of top-1 on the validation images. */
  maxDrop: number;
  /** Of all weights; undefined: as few as hold `maxDrop`. */
  budgetBytes?: number;
  /** Mixes between the smallest and float32, beside the chosen one. */
  points: number;
}

export interface MixReport {
  /** float32 first, the chosen mix last. */
  variants: MeasuredMix[];
  units: MeasuredUnit[];
  chosen: Selection;
  mix: Mix;
  choice: { by: 'budget' | 'max-drop'; validationDrop: number; validationCount: number; tried: Tried[] };
  /** By which others are compared with float32. */
  float32Logits: Float32Array;
}

/** Encodings shown for comparison, with and without the search for scales where they have one. */
const UNIFORM: readonly EncodingName[] = ['float16', 'uint8', 'int8', 'int4', 'int4g32'];

/**
 * @param onRow told each variant as soon as it is measured
 * @throws RangeError where no mix is as small as the budget
 */
export async function compareMixes(subject: Subject, options: MixOptions, onRow: (row: MeasuredMix) => void, onProgress: (fraction: number, what: string) => void): Promise<MixReport> {
  const { network, calibration, validation, test, logits } = subject;
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

  const read = createReader();
  const units = await measureDamage(network, unitsOf(network, options.encodings), read, (changed) => logits(changed, calibration), onProgress);
  // What is no unit (shapes, axes, scalars of the graph) is in every variant.
  const others = variants[0].weightBytes - bytesOf(afterSteps(units, [], 0));
  const networkOf = (selection: Selection): FrozenNetwork => readNetwork(network, mixOf(units, selection), read);
  const addMix = async (variant: string, kind: MeasuredMix['kind'], selection: Selection): Promise<void> =>
    add(variant, kind, openerOf(mixOf(units, selection).values()), others + bytesOf(selection), await logits(networkOf(selection), test), { expectedDamage: damageOf(selection) });

  const whole = accuracy(await logits(network, validation), validation.labels, network.classes).top1;
  const validationDrop = async (selection: Selection): Promise<number> => 100 * (whole - accuracy(await logits(networkOf(selection), validation), validation.labels, network.classes).top1);
  const { selection: chosen, tried, drop } = await choose();

  const [smallest, ...between] = [afterSteps(units, ladder(units), Infinity), ...mixesBetween(units, options.points)];
  if (options.points > 0) for (const selection of [...between.reverse(), smallest]) await addMix(`mix of ${kilobytes(others + bytesOf(selection))}`, 'mix', selection);
  await addMix('chosen mix', 'chosen', chosen);
  return { variants, units, chosen, mix: mixOf(units, chosen), choice: { by: options.budgetBytes === undefined ? 'max-drop' : 'budget', validationDrop: drop, validationCount: validation.count, tried }, float32Logits };

  async function choose(): Promise<{ selection: Selection; tried: Tried[]; drop: number }> {
    if (options.budgetBytes !== undefined) {
      const selection = withinBudget(units, options.budgetBytes, others);
      return { selection, tried: [], drop: await validationDrop(selection) };
    }
    const drops = new Map<number, number>();
    const { selection, tried } = await smallestHolding(units, async (selection) => {
      const drop = await validationDrop(selection);
      drops.set(bytesOf(selection), drop);
      return drop <= options.maxDrop + 1e-9;
    });
    return { selection, tried: tried.map((one) => ({ ...one, bytes: others + one.bytes })), drop: drops.get(bytesOf(selection)) ?? 0 };
  }
}

function withinBudget(units: MeasuredUnit[], budgetBytes: number, others: number): Selection {
  try {
    return bestWithin(units, budgetBytes - others);
  } catch (error) {
    const least = others + bytesOf(afterSteps(units, ladder(units), Infinity));
    throw new RangeError(`no mix has at most ${budgetBytes} bytes: the smallest has ${least}`, { cause: error });
  }
}

/** What every row has: accuracy, and how it differs from float32. */
export function against(float32: Float32Array, own: Float32Array, labels: ArrayLike<number>, classes: number): Pick<MeasuredMix, 'top1' | 'top5' | 'count' | 'agreementWithFloat32' | 'drop' | 'dropStandardError'> {
  const [before, after] = [float32, own].map((logits) => predictions(logits, classes));
  const differing = before.reduce((sum, label, i) => sum + ((label === labels[i]) === (after[i] === labels[i]) ? 0 : 1), 0);
  const measured = accuracy(own, labels, classes);
  return {
    ...measured,
    agreementWithFloat32: agreement(own, float32, classes),
    drop: 100 * (accuracy(float32, labels, classes).top1 - measured.top1),
    dropStandardError: (100 * Math.sqrt(differing)) / measured.count,
  };
}

/** `12.3 kB`, `191 kB`, `1.11 MB`. */
export const kilobytes = (bytes: number): string => (bytes < 999_500 ? `${(bytes / 1000).toFixed(bytes < 99_950 ? 1 : 0)} kB` : `${(bytes / 1e6).toFixed(2)} MB`);
