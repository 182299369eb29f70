/** From a network and its images to the mix of encodings that its accuracy or a budget allows. */
import type { ImageSet } from '../../datasets/index.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { writeGraphModel } from '../../packaging/graph-model.ts';
import { holds } from '../allowed-drop.ts';
import type { EncodingName, Mix } from '../encodings/index.ts';
import { against, type Difference } from './against.ts';
import { bestWithin, smallestHolding, type Tried } from './choose.ts';
import { measureDamage, type MeasuredUnit } from './damage.ts';
import { afterSteps, bytesOf, ladder, mixOf, type Selection } from './ladder.ts';
import { createReader, readNetwork, unitsOf } from './units.ts';

export interface MixSubject {
  network: FrozenNetwork;
  /** Training images, by which each layer's damage is measured. */
  calibration: ImageSet;
  /** By which `maxDrop` is held. */
  validation: ImageSet;
  /** Of a network on a set, `[images, classes]`. */
  logits(network: FrozenNetwork, set: ImageSet): Promise<Float32Array>;
}

export interface MixOptions {
  /** What a mix may be made of, beside float32. */
  encodings: readonly EncodingName[];
  /** Points of top-1 on the validation images that the drop and one standard error of it may come to. */
  maxDrop: number;
  /** Of all weights in the file; undefined: as few as hold `maxDrop`. */
  budgetBytes?: number;
}

export interface ChosenMix {
  /** Ready for `writeGraphModel`. */
  mix: Mix;
  units: MeasuredUnit[];
  /** The choice of each unit. */
  chosen: Selection;
  choice: { by: 'budget' | 'max-drop'; validation: Difference & { count: number }; tried: Tried[] };
  /** Of what is no unit (shapes, axes, scalars of the graph): in every variant. */
  otherBytes: number;
  /** The network as it computes after its weights were stored so and read again. */
  networkOf(selection: Selection): FrozenNetwork;
}

/** @throws RangeError where no mix is as small as the budget */
export async function chooseMix({ network, calibration, validation, logits }: MixSubject, { encodings, maxDrop, budgetBytes }: MixOptions, onProgress: (fraction: number, what: string) => void = () => {}): Promise<ChosenMix> {
  const read = createReader();
  const units = await measureDamage(network, unitsOf(network, encodings), read, (changed) => logits(changed, calibration), onProgress);
  const otherBytes = writeGraphModel(network, 'float32').weightBytes - bytesOf(afterSteps(units, [], 0));
  const networkOf = (selection: Selection): FrozenNetwork => readNetwork(network, mixOf(units, selection), read);
  const whole = await logits(network, validation);
  const differenceOf = async (selection: Selection): Promise<ChosenMix['choice']['validation']> => against(whole, await logits(networkOf(selection), validation), validation.labels, network.classes);
  const made = (chosen: Selection, choice: ChosenMix['choice']): ChosenMix => ({ mix: mixOf(units, chosen), units, chosen, choice, otherBytes, networkOf });

  if (budgetBytes !== undefined) {
    const least = otherBytes + bytesOf(afterSteps(units, ladder(units), Infinity));
    if (least > budgetBytes) throw new RangeError(`no mix has at most ${budgetBytes} bytes: the smallest has ${least}`);
    const chosen = bestWithin(units, budgetBytes - otherBytes);
    return made(chosen, { by: 'budget', validation: await differenceOf(chosen), tried: [] });
  }
  const differences = new Map<number, ChosenMix['choice']['validation']>();
  const { selection, tried } = await smallestHolding(units, async (mix) => {
    const difference = await differenceOf(mix);
    differences.set(bytesOf(mix), difference);
    // The smallest of several that waver is likelier to be a lucky one: hence the margin.
    return holds(difference.drop + difference.dropStandardError, maxDrop);
  });
  const difference = differences.get(bytesOf(selection)) ?? (await differenceOf(selection));
  return made(selection, { by: 'max-drop', validation: difference, tried: tried.map((one) => ({ ...one, bytes: otherBytes + one.bytes })) });
}
