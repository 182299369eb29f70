/** `npm run bench:photographs`: folders of photographs to measure transfer on. */
import { say } from '../pipeline/support/say.ts';
import { oneName, path, text, whole } from '../pipeline/support/value.ts';
import { benchSetting, runBench } from './command.ts';
import { writeCifarClasses } from './photographs/cifar-classes.ts';
import { FOLDS, writeStamps } from './photographs/stamps.ts';
import { writeWallpapers } from './photographs/wallpapers.ts';

const SETS = ['wallpapers', 'stamps', 'cifar100'] as const;

const settings = {
  out: { ...benchSetting, ...path('photographs'), help: 'the folder, with train/ and test/', isFirst: true },
  of: {
    ...benchSetting,
    ...oneName('wallpapers', SETS),
    help: 'crops of wallpapers, photographs among the stamps of Tux Paint, or ten classes of CIFAR-100',
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
    };
    const { classes, train, test } = await write[of]();
    say(`${classes} classes, ${train} training and ${test} test images in ${out}`);
  },
});
