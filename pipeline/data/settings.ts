/** Settings of the images: which, of what size, how many. */
import { existsSync, statSync } from 'node:fs';
import { augmentationSettings } from './augmentation/settings.ts';
import { datasets } from './sets/index.ts';
import type { SettingTable, Values } from '../support/setting.ts';
import { number, numbers, orNone, whole, type ValueKind } from '../support/value.ts';

/** `name` or `name:path`, see docs/datasets.md. */
export const dataSpec = (value: string): ValueKind<string> => {
  const names = Object.keys(datasets);
  return {
    default: value,
    allowed: `${names.join(', ')} with an optional path (name:path), or a folder with a sub-folder for each class`,
    holds: (v) => typeof v === 'string' && Object.hasOwn(datasets, nameOfSet(v)),
    parse: (text) => (!Object.hasOwn(datasets, nameOfSet(text)) && isFolder(text) ? `folder:${text}` : text),
    names,
  };
};

export const dataSettings = {
  data: {
    ...dataSpec('fashion-mnist'),
    help: 'fashion-mnist, cifar10 or cifar100, each with an optional path (cifar10:PATH); or the path of a folder with a sub-folder for each class (docs/datasets.md)',
    group: 'data',
    decides: 'weights',
    isFirst: true,
    isKept: true,
  },
  imageSize: {
    ...whole(0, { from: 0 }),
    help: "side of the square that a folder's images are brought to; 0: the data set's own",
    unit: 'pixels',
    group: 'data',
    decides: 'weights',
    isFirst: true,
    isKept: true,
    unused: unlessFolder,
  },
  cropRatio: {
    ...number(1, { above: 0, to: 1 }),
    help: "part of the shorter side of a folder's images that is kept, centred; 0.875 is what ImageNet's networks were measured with",
    group: 'data',
    decides: 'weights',
    isKept: true,
    unused: unlessResized,
  },
  inputMean: {
    ...orNone(numbers([], {})),
    help: 'mean per channel of values in [0, 1], as 0.485,0.456,0.406, with --input-std; none: those of the training images',
    group: 'data',
    decides: 'weights',
    isKept: true,
  },
  inputStd: {
    ...orNone(numbers([], { above: 0 })),
    help: 'standard deviation per channel, as 0.229,0.224,0.225, with --input-mean',
    group: 'data',
    decides: 'weights',
    isKept: true,
  },
  maxUnreadable: {
    ...number(0.01, { from: 0, to: 1 }),
    help: "share of a folder's files that may be unreadable and are skipped; at least ten are, and with 0 none",
    group: 'data',
    decides: 'package',
    isKept: true,
    unused: unlessFolder,
  },
  validationCount: {
    ...whole(5000, { from: 1 }),
    help: 'images held out of the training set for validation, equally many of each class, where the data have no validation images',
    unit: 'images',
    group: 'data',
    decides: 'weights',
    isKept: true,
  },
  ...augmentationSettings,
  trainLimit: { ...whole(0, { from: 0 }), help: 'train on only so many images; 0: all', unit: 'images', group: 'data', decides: 'weights' },
  testLimit: { ...whole(0, { from: 0 }), help: 'test on only so many images; 0: all', unit: 'images', group: 'data', decides: 'package' },
} as const satisfies SettingTable;

export type DataSettings = Values<typeof dataSettings>;

/** The data set that a specification names, without its path. */
export const nameOfSet = (spec: string): string => spec.split(':')[0];

function unlessFolder({ data = dataSettings.data.default }: Readonly<Record<string, unknown>>): string | undefined {
  return nameOfSet(data as string) === 'folder' ? undefined : `it is for folders of images, and --data is ${data as string}`;
}

function unlessResized({ imageSize, ...others }: Readonly<Record<string, unknown>>): string | undefined {
  return (
    unlessFolder(others) ??
    (imageSize === 0 ? 'images are cropped when they are brought to a size, and there is no --image-size' : undefined)
  );
}

/** A path rather than the name of a data set that is written wrong. */
const isFolder = (text: string): boolean => /[/\\]/.test(text.split(':')[0]) || (existsSync(text) && statSync(text).isDirectory());
