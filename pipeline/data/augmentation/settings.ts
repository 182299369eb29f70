/** Settings of the augmentation: how views are made of training images. Whatever trains uses them, for each of a method's views. */
import type { SettingTable, Values } from '../../support/setting.ts';
import { number, numbers, oneName, orNone, someNames, whole, type ValueKind } from '../../support/value.ts';
import { FLIPS, type Flip } from './flip.ts';
import { augmentationNames, augmentations, type AugmentationName } from './named.ts';
import { imageOperations } from './operations/index.ts';

const rule = { group: 'data', decides: 'weights', isKept: true } as const;

/** Stands for every operation. */
export const ALL = 'all';

const ascendingPair = (value: readonly number[], range: Parameters<typeof numbers>[1]): ValueKind<readonly number[]> => {
  const kind = numbers(value, range);
  return {
    ...kind,
    allowed: `two ${kind.allowed}, the smaller first`,
    holds: (v) => kind.holds(v) && (v as number[]).length === 2 && (v as number[])[0] <= (v as number[])[1],
  };
};

const [FACTORS, MOST_HUE] = [numbers([], { from: 0, to: 1 }), 0.5];
const jitterOf: ValueKind<readonly number[]> = {
  ...FACTORS,
  allowed: `four numbers from 0 to 1 with commas between, the last at most ${MOST_HUE}`,
  holds: (v) => FACTORS.holds(v) && (v as number[]).length === 4 && (v as number[])[3] <= MOST_HUE,
};

export const augmentationSettings = {
  augmentation: {
    ...oneName<AugmentationName>('benchmark', augmentationNames),
    help: `settings of views for a kind of pictures, which other flags change: ${augmentationNames.map((name) => `${name} for ${augmentations[name].about}`).join('; ')}`,
    group: 'data',
    decides: 'package',
    isFirst: true,
  },
  flip: {
    ...rule,
    ...oneName<Flip>('horizontal', FLIPS),
    help: 'mirror images: horizontal, vertical or both mirror half of the views each; none is for classes that mirror each other',
  },
  cropScale: {
    ...rule,
    ...orNone(ascendingPair([], { above: 0, to: 1 })),
    help: "least and largest share of a picture's area that a view shows, as 0.35,1: random resized crops; none: crops that move a picture by an eighth",
  },
  cropAspect: {
    ...rule,
    ...ascendingPair([3 / 4, 4 / 3], { above: 0 }),
    help: 'least and largest width over height of the crops of --crop-scale',
    unused: unlessResizedCrop,
  },
  rotation: { ...rule, ...number(0, { from: 0, to: 180 }), help: 'views are turned by up to so much either way', unit: 'degrees' },
  jitter: {
    ...rule,
    ...orNone(jitterOf),
    help: 'how far brightness, contrast, saturation and hue of views vary, as 0.4,0.4,0.4,0.1; none: not at all',
  },
  operations: {
    ...rule,
    ...someNames([ALL], [ALL, ...Object.keys(imageOperations)]),
    help: 'operations that strong views draw from (RandAugment); all: the fourteen',
  },
  operationCount: { ...rule, ...whole(2, { from: 0, to: 14 }), help: 'operations that a strong view draws; 0: none' },
  operationStrength: {
    ...rule,
    ...number(1, { above: 0, to: 1 }),
    help: "share of the operations' ranges that is drawn from, around what changes nothing",
  },
  erasing: { ...rule, ...number(0, { from: 0, to: 1 }), help: 'probability that a rectangle of a view is covered (random erasing)' },
  mixup: {
    ...rule,
    ...number(0, { from: 0, to: 1 }),
    help: 'views are mixed with those of another picture, by shares of Beta(a, a) for this a, as 0.2; 0: they are not',
  },
  cutmix: {
    ...rule,
    ...number(0, { from: 0, to: 1 }),
    help: "a box of views is another picture's, by shares of Beta(a, a), as 1; 0: none is; with --mixup too, each half of the time",
  },
} as const satisfies SettingTable;

export type AugmentationSettings = Values<typeof augmentationSettings>;

function unlessResizedCrop({ cropScale = [] }: Readonly<Record<string, unknown>>): string | undefined {
  return (cropScale as readonly number[]).length > 0 ? undefined : 'there are no random resized crops without --crop-scale';
}
