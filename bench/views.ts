/** `npm run bench:views`: the time that views of training images take, by augmentation. Prints a table and JSON. */
import { createRandom, strongView, weakView } from '../pipeline/data/augmentation/index.ts';
import { augmentationOf } from '../pipeline/data/augmentation/from-settings.ts';
import { augmentations } from '../pipeline/data/augmentation/named.ts';
import { augmentationSettings, type AugmentationSettings } from '../pipeline/data/augmentation/settings.ts';
import { defaultsOf } from '../pipeline/support/setting.ts';
import { whole } from '../pipeline/support/value.ts';
import { benchSetting, runBench } from './command.ts';

const ROUNDS = 4;
/** Part of the larger picture's side that a view has. */
const VIEW_SHARE = 0.875;
const VIEWS = { weak: weakView, strong: strongView };

const settings = {
  size: { ...benchSetting, ...whole(224, { from: 8 }), help: 'side of the views', unit: 'pixels', isFirst: true },
  count: { ...benchSetting, ...whole(150, { from: 1 }), help: 'views of a round', unit: 'views' },
} as const;

await runBench({
  name: 'bench:views',
  summary: 'Measures the processor time of weak and strong views, by augmentation, in one thread.',
  settings,
  run({ values: { size, count } }) {
    const rows = Object.entries(augmentations).map(([name, named]) => {
      const augmentation = augmentationOf({ ...defaultsOf(augmentationSettings), ...named.settings } as AugmentationSettings);
      const shape = { height: size, width: size, channels: 3 } as const;
      const side = augmentation.resizedCrop ? Math.round(size / VIEW_SHARE) : size;
      const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 7919 + (i >> 8) * 31) & 255);
      const target = new Uint8Array(size * size * 3);
      const random = createRandom(1);
      const milliseconds = Object.fromEntries(
        Object.entries(VIEWS).map(([view, make]) => {
          let least = Infinity;
          for (let round = 0; round < ROUNDS; round++) {
            const began = process.cpuUsage();
            for (let i = 0; i < count; i++) {
              random.reseed(round, i);
              make({ height: side, width: side, channels: 3, data }, target, shape, random, augmentation);
            }
            const { user, system } = process.cpuUsage(began);
            least = Math.min(least, (user + system) / 1000 / count);
          }
          return [view, Number(least.toFixed(2))];
        }),
      ) as Record<keyof typeof VIEWS, number>;
      return { augmentation: name, milliseconds };
    });
    console.log('| augmentation | weak view, ms | strong view, ms |\n|---|---|---|');
    for (const { augmentation, milliseconds } of rows) console.log(`| ${augmentation} | ${milliseconds.weak} | ${milliseconds.strong} |`);
    console.log(JSON.stringify({ size, rows }));
    return Promise.resolve();
  },
});
