import { describe, expect, it } from 'vitest';
import { imagesInMemory } from '../../data/sets/image-source.ts';
import type { ImageSet } from '../../data/sets/index.ts';
import { freeze, type FrozenNode } from '../../networks/freeze.ts';
import { frozenTensors, type FrozenTensor } from '../../networks/frozen-tensors.ts';
import { madeNetworks } from '../../testing/made-networks.ts';
import { randomState } from '../../testing/random-state.ts';
import { writeGraphModel } from '../../packaging/graph-model.ts';
import { storageName, storagesOf, type EncodingName, type StorageFormat } from '../encodings.ts';
import { bestWithin, mixesBetween, smallestHolding } from './search-ladder.ts';
import { accuracyDifference } from '../../evaluation/accuracy.ts';
import { chooseMix } from './choose-mix.ts';
import { damagePasses, meanDivergence, measureDamage, type Choice } from './layer-damage.ts';
import { createMixer } from './mixer.ts';
import { afterSteps, selectionBytes, selectionDamage, ladder, mixOf, type Selection } from './ladder.ts';
import { BIASES, createReader, roundTrip, roundTripUniformly, unitsOf } from './mix-units.ts';

/** Corrects no bias. */
const untouched = async (_node: FrozenNode, changed: FrozenNode): Promise<FrozenNode> => changed;

const choice = (encoding: EncodingName, bytes: number, damage: number): Choice => ({ encoding, bytes, damage, relativeError: 0 });

/** Prices by hand. a: float16 10/200 = 0.05, then int4 70/100 = 0.7; int8 lies above the line between. b: int8 0.2, int4 1.6. c: nothing but float32. */
const units = [
  { choices: [choice('float32', 400, 0), choice('float16', 200, 10), choice('int8', 150, 60), choice('int4', 100, 80)] },
  { choices: [choice('float32', 80, 0), choice('int8', 30, 10), choice('int4', 20, 26)] },
  { choices: [choice('float32', 8, 0)] },
];
const names = (selection: Selection): string => selection.map(({ encoding }) => encoding).join(' ');

describe('ladder', () => {
  it('takes the hull of each unit, in the order of damage for a byte', () => {
    expect(ladder(units).map(({ unit, to, price }) => [unit, to.encoding, price])).toEqual([
      [0, 'float16', 0.05],
      [1, 'int8', 0.2],
      [0, 'int4', 0.7],
      [1, 'int4', 1.6],
    ]);
  });

  it('skips what costs more bytes for as much damage', () => {
    expect(
      ladder([{ choices: [choice('float32', 40, 0), choice('float16', 20, 0), choice('int8', 12, 0), choice('int4', 12, 5)] }]).map(
        ({ to }) => to.encoding,
      ),
    ).toEqual(['int8']);
  });

  it('gives the mix after so many steps, its bytes and its damage', () => {
    const after = (count: number): [string, number, number] => {
      const selection = afterSteps(units, ladder(units), count);
      return [names(selection), selectionBytes(selection), selectionDamage(selection)];
    };
    expect([0, 1, 2, 3, 4, Infinity].map(after)).toEqual([
      ['float32 float32 float32', 488, 0],
      ['float16 float32 float32', 288, 10],
      ['float16 int8 float32', 238, 20],
      ['int4 int8 float32', 138, 90],
      ['int4 int4 float32', 128, 106],
      ['int4 int4 float32', 128, 106],
    ]);
  });
});

describe('bestWithin', () => {
  it.each([
    [488, 'float32 float32 float32'],
    [487, 'float16 float32 float32'],
    [238, 'float16 int8 float32'],
    // The ladder falls to 138; the 99 bytes left take 20 from a's damage for 50 (b in float32: 10 for 50, which then does not fit).
    [237, 'int8 int8 float32'],
    [188, 'int8 int8 float32'],
    [138, 'int4 int8 float32'],
    [128, 'int4 int4 float32'],
  ])('%i bytes: %s', (budget, expected) => {
    const selection = bestWithin(units, budget);
    expect(selectionBytes(selection)).toBeLessThanOrEqual(budget);
    expect(names(selection)).toBe(expected);
  });

  it('says how small the smallest is where nothing is small enough', () => {
    expect(() => bestWithin(units, 127)).toThrow(new RangeError('the smallest mix has 128 bytes'));
  });
});

describe('smallestHolding', () => {
  const search = async (limit: number): Promise<[string, number[]]> => {
    const { selection, tried } = await smallestHolding(units, async (mix) => selectionDamage(mix) <= limit);
    return [names(selection), tried.map(({ bytes }) => bytes)];
  };

  it('measures the smallest first, then halves what is left', async () => {
    expect(await search(106)).toEqual(['int4 int4 float32', [128]]);
    expect(await search(89)).toEqual(['float16 int8 float32', [128, 238, 138]]);
    expect(await search(10)).toEqual(['float16 float32 float32', [128, 238, 288]]);
  });

  it('returns none that held by luck: where the surely measured one does not hold, it looks among the larger', async () => {
    const asked: [number, boolean][] = [];
    const { selection } = await smallestHolding(units, async (mix, surely) => {
      asked.push([selectionBytes(mix), surely]);
      return selectionDamage(mix) <= (surely ? 20 : 90);
    });
    expect(asked).toEqual([
      [128, false],
      [238, false],
      [138, false],
      [138, true],
      [288, false],
      [238, false],
      [238, true],
    ]);
    expect(names(selection)).toBe('float16 int8 float32');
  });

  it('leaves float32 where nothing holds', async () => {
    expect(await search(-1)).toEqual(['float32 float32 float32', [128, 238, 288]]);
  });
});

it('mixesBetween gives mixes of sizes in between, none twice', () => {
  expect(mixesBetween(units, 3).map(selectionBytes)).toEqual([138, 238]);
});

describe('meanDivergence', () => {
  it('is the mean of p ln(p / q) over rows', () => {
    // Probabilities (1/2, 1/2) against (1/4, 3/4): ½ ln 2 + ½ ln ⅔ = ½ ln(4/3); the second row does not change.
    const logits = (a: number, b: number): number[] => [Math.log(a), Math.log(b)];
    const reference = Float32Array.from([...logits(0.5, 0.5), ...logits(0.9, 0.1)]);
    const changed = Float32Array.from([...logits(0.25, 0.75), ...logits(0.9, 0.1).map((value) => value + 3)]);
    expect(meanDivergence(reference, changed, 2)).toBeCloseTo(Math.log(4 / 3) / 4, 6);
    expect(meanDivergence(reference, reference, 2)).toBe(0);
  });
});

describe('units of a network', () => {
  const [, network] = madeNetworks().find(([what]) => what.startsWith('a convolution in groups'))!;
  const frozen = freeze(network, randomState(network));

  it('are its layers, kernels of groups together, and all biases', () => {
    const made = unitsOf(frozen, ['int4', 'float16']);
    expect(made.map(({ name, tensors, storages }) => [name, tensors.length, storages.map(storageName).join(' ')])).toEqual([
      ['conv', 1, 'float32 float16 int4 learned'],
      ['grouped', 2, 'float32 float16 int4 learned'],
      ['fc', 1, 'float32 float16 int4 learned'],
      [BIASES, 4, 'float32 float16'],
    ]);
  });

  it('are measured one at a time, and a mix is what the writer writes', async () => {
    const read = createReader();
    const all = frozenTensors(frozen);
    /** Stands in for logits: how far the weights are from the trained ones, one row of four classes. */
    const logits = async (networks: (typeof frozen)[]): Promise<Float32Array[]> =>
      networks.map((changed) =>
        Float32Array.of(
          frozenTensors(changed).reduce(
            (sum, tensor, t) => sum + tensor.data.reduce((own, value, i) => own + Math.abs(value - all[t].data[i]), 0),
            0,
          ),
          0,
          0,
          0,
        ),
      );
    const measured = await measureDamage(
      frozen,
      unitsOf(frozen, ['float16', 'int8', 'int4']),
      read,
      createMixer(frozen, read, untouched),
      logits,
    );
    for (const { name, choices } of measured) {
      const damages = choices.map(({ damage }) => damage);
      expect(damages[0]).toBe(0);
      expect(damages, name).toEqual(damages.toSorted((a, b) => a - b));
      expect(damages[1]).toBeGreaterThan(0);
    }
    const selection = afterSteps(measured, ladder(measured), Infinity);
    const mix = mixOf(measured, selection);
    const graph = writeGraphModel(frozen, mix);
    expect(graph.weightBytes).toBe(
      selectionBytes(selection) + (writeGraphModel(frozen, 'float32').weightBytes - selectionBytes(afterSteps(measured, [], 0))),
    );
    for (const tensor of frozenTensors(roundTrip(frozen, mix, read)))
      expect(tensor.data).toEqual(
        read(
          all.find(({ name }) => name === tensor.name)!,
          mix.get(tensor.name) ?? { encoding: 'float32' },
        ).values,
      );
  });

  it('are computed from their layer on', () => {
    // Of the nodes, from each layer on: three candidates each but for the biases, which are in all layers, with one.
    const from = (name: string): number => frozen.nodes.length - frozen.nodes.findIndex((node) => node.name === name);
    const shares = [3 * from('conv'), 3 * from('grouped'), 3 * from('fc'), from('conv')].map((nodes) => nodes / frozen.nodes.length);
    expect(damagePasses(frozen, unitsOf(frozen, ['float16', 'int8', 'int4']))).toBeCloseTo(1 + shares.reduce((a, b) => a + b), 9);
  });

  it('in one encoding keep their biases', () => {
    const rounded = frozenTensors(roundTripUniformly(frozen, { encoding: 'int4' }));
    rounded.forEach((tensor, i) => {
      if (tensor.isWeight) expect(tensor.data).not.toEqual(frozenTensors(frozen)[i].data);
      else expect(tensor.data).toEqual(frozenTensors(frozen)[i].data);
    });
  });

  it('of which one has a value that an encoding does not hold, say which', () => {
    const tensor: FrozenTensor = { name: 'conv/kernel', shape: [1], data: Float32Array.of(1e6), isWeight: true };
    expect(() => createReader()(tensor, { encoding: 'float16' })).toThrow('conv/kernel: float16 holds magnitudes up to 65504, got 1000000');
  });
});

it('against says what was lost, and how sure that is', () => {
  // Right: float32 on images 0, 1, 2; the other on 0 and 3: two lost, one gained of four.
  const rows = (...best: number[]): Float32Array => Float32Array.from(best.flatMap((label) => [0, 1, 2].map((c) => (c === label ? 1 : 0))));
  const row = accuracyDifference(rows(0, 1, 2, 0), rows(0, 0, 0, 1), [0, 1, 2, 1], 3);
  expect(row).toEqual({ top1: 0.5, top5: 1, count: 4, agreementWithFloat32: 0.25, drop: 25, dropStandardError: 100 * (Math.sqrt(3) / 4) });
});

describe('chooseMix', () => {
  const [, network] = madeNetworks()[0];
  const frozen = freeze(network, randomState(network));
  const original = frozenTensors(frozen).find(({ isWeight }) => isWeight)!;
  /** Each image is one pixel, its number. */
  const set: ImageSet = {
    count: 100,
    images: imagesInMemory(
      Uint8Array.from({ length: 100 }, (_, i) => i),
      1,
    ),
    labels: new Uint16Array(100),
  };
  /** Right on all 100 images; with the first layer off by more than `coarse`, wrong on `wrong` of them. */
  const logits =
    (wrong: number, coarse: number) =>
    async (networks: (typeof frozen)[], { images, count }: ImageSet) =>
      networks.map((changed) => logitsOf(changed, wrong, coarse, images.range(0, count)));
  const logitsOf = (changed: typeof frozen, wrong: number, coarse: number, numbers: Uint8Array): Float32Array => {
    const weights = frozenTensors(changed).find(({ name }) => name === original.name)!.data;
    const off = weights.reduce((most, value, i) => Math.max(most, Math.abs(value - original.data[i])), 0);
    return Float32Array.from(
      { length: 4 * numbers.length },
      (_, i) => (i % 4 === (off > coarse && numbers[i >> 2] < wrong ? 1 : 0) ? 1 : 0) + off * ((i % 4) / 100),
    );
  };
  const most = (storage: StorageFormat): number => {
    const { values } = createReader()(original, storage);
    return values.reduce((largest, value, i) => Math.max(largest, Math.abs(value - original.data[i])), 0);
  };
  const choose = (wrong: number, maxDrop: number) =>
    chooseMix(
      {
        network: frozen,
        calibration: set,
        validation: set,
        otherBytes: 0,
        logits: logits(wrong, (most({ encoding: 'int8' }) + Math.min(...storagesOf('int4').map(most))) / 2),
        correctBias: untouched,
        rounder: { alone: () => undefined, inOrder: (mix, read) => createMixer(frozen, read, untouched)(mix) },
      },
      { encodings: ['int8', 'int4'], maxDrop },
    );

  it('holds the drop with one standard error', async () => {
    // Four of 100 wrong: 4 points, standard error √4 / 100, 2 points.
    const holding = await choose(4, 6);
    expect(holding.mix.get(original.name)!.encoding).toBe('int4');
    expect(holding.choice.validation.drop).toBeCloseTo(4, 9);
    expect(holding.choice.validation.dropStandardError).toBeCloseTo(2, 9);
    const { mix, choice } = await choose(4, 5.9);
    expect([mix.get(original.name)!.encoding, choice.validation.drop]).toEqual(['int8', 0]);
  });
});
