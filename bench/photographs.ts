/** `npm run bench:photographs`: folders of photographs to measure transfer on. */
import { say } from '../pipeline/support/say.ts';
import { oneName, path, text, whole } from '../pipeline/support/value.ts';
import { benchSetting, runBench } from './command.ts';
import { writeCifarClasses } from './photographs/cifar-classes.ts';
import { FOLDS, writeStamps } from './photographs/stamps.ts';
import { writeUnlabelled } from './photographs/unlabelled.ts';
import { writeWallpapers } from './photographs/wallpapers.ts';

const SETS = ['wallpapers', 'stamps', 'cifar100', 'unlabelled'] as const;

const settings = {
  out: {
    ...benchSetting,
    ...path('photographs'),
    help: 'the folder, with train/ and test/; of unlabelled with calibration/, agreement/ and samples/',
    isFirst: true,
  },
  of: {
    ...benchSetting,
    ...oneName('wallpapers', SETS),
    help: 'crops of wallpapers, photographs among the stamps of Tux Paint, ten classes of CIFAR-100, or what the shipped package of photographs was made with',
    isFirst: true,
  },
  fold: { ...benchSetting, ...whole(1, { from: 1, to: FOLDS }), help: 'of stamps: the fifth that tests' },
  cifar: { ...benchSetting, ...text('cifar100', 'cifar100 or cifar100:FOLDER', /^cifar100(:.+)?$/), help: 'of cifar100: where it is read' },
} as const;

await runBench({
  name: 'bench:photographs',
  summary: 'Writes a folder of labelled photographs with disjoint training and test images.',
  settings,
  async run({ values: { out, of, fold, cifar } }) {
    const write = {
      wallpapers: () => writeWallpapers(out),
      stamps: () => writeStamps(out, fold),
      cifar100: () => writeCifarClasses(out, cifar),
      unlabelled: () => writeUnlabelled(out),
    };
    const { classes, train, test } = await write[of]();
    say(`${classes > 0 ? `${classes} classes, ` : ''}${train} training and ${test} test images in ${out}`);
  },
});
