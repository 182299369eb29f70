/**
 * `npm run bench:transfer`: the head that a planned run trains on cached features beside scikit-learn's logistic regression on features of
 * the same images in the same folds.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonSetting } from '../pipeline/configuration/command-line.ts';
import { defaults } from '../pipeline/configuration/settings.ts';
import { subsetOf } from '../pipeline/data/sets/image-set.ts';
import { imagesInMemory } from '../pipeline/data/sets/image-source.ts';
import { engineSettings } from '../pipeline/engines/settings.ts';
import { startEngine } from '../pipeline/engines/start-engine.ts';
import { accuracy } from '../pipeline/evaluation/accuracy.ts';
import { splitValidation } from '../pipeline/data/sets/split.ts';
import { defaultCacheDir } from '../pipeline/support/cache-dir.ts';
import { percent } from '../pipeline/support/progress.ts';
import { say } from '../pipeline/support/say.ts';
import { text, whole } from '../pipeline/support/value.ts';
import { CROP_SCALE } from '../pipeline/transfer/plan.ts';
import { softmaxRegression } from '../pipeline/transfer/softmax-regression.ts';
import { benchSetting, runBench } from './command.ts';
import { makeEnvironment, pythonIn, runOrFail } from './python-environment.ts';
import { allFeatures, rowsOf } from './transfer/all-features.ts';

const VERSIONS = ['scikit-learn==1.9.1', 'numpy==2.4.6'];

const settings = {
  data: { ...benchSetting, ...text('folder:photographs'), help: 'folder:PATH; all of its images are used', isFirst: true },
  from: { ...benchSetting, ...text('efficientnet_lite0'), help: 'pretrained backbone', isFirst: true },
  imageSize: { ...benchSetting, ...whole(160, { from: 32 }), help: 'side of the images', unit: 'pixels', isFirst: true },
  seed: { ...benchSetting, ...whole(1, { from: 0 }), help: 'of the folds' },
  ...engineSettings,
  ...jsonSetting,
} as const;

await runBench({
  name: 'bench:transfer',
  summary: 'A head on cached features beside scikit-learn, over five folds.',
  settings,
  async run({ values: { data, from, imageSize, seed, engine: wanted, json } }) {
    const { tf } = await startEngine(wanted);
    const { views, rowLabels, classes } = await allFeatures(tf, from, { ...defaults, cropScale: CROP_SCALE, data, imageSize }, say);
    const [plain] = views;
    const { folds, ...peers } = await scikitLearn(plain, rowLabels, seed);
    const count = rowLabels.length;
    // Labels and places are all that is split.
    const rows = { count, labels: rowLabels, images: imagesInMemory(new Uint8Array(count), 1) };
    const ours: number[] = [];
    for (const test of folds) {
      const tested = new Set(test);
      const rest = Array.from({ length: count }, (_, i) => i).filter((i) => !tested.has(i));
      const split = splitValidation(subsetOf(rows, Uint32Array.from(rest)), Math.round(rest.length / 10), 0);
      const places = (part: typeof rows): number[] => [...part.images.handle.indices!];
      const [train, held] = [places(split.train), places(split.validation)];
      const found = await softmaxRegression(
        tf,
        { features: rowsOf(views, train), labels: views.flatMap(() => [...split.train.labels]) },
        { features: rowsOf([plain], held), labels: split.validation.labels },
        classes,
      );
      ours.push(
        top1(
          rowsOf([plain], test),
          test.map((i) => rowLabels[i]),
          found,
        ),
      );
    }
    const means = Object.fromEntries(Object.entries({ ours, ...peers }).map(([name, folds]) => [name, meanOf(folds)]));
    for (const [name, mean] of Object.entries(means))
      say(`${name === 'ours' ? 'ours' : `scikit-learn, ${name}`}: ${percent(mean)} of ${count} images in five folds`);
    const below = 100 * (Math.max(...Object.keys(peers).map((name) => means[name])) - means.ours);
    say(`ours is ${Math.abs(below).toFixed(2)} points ${below > 0 ? 'below' : 'above'} scikit-learn's better one (bar: at most 1 below)`);
    if (json) console.log(JSON.stringify({ data, from, imageSize, seed, images: count, folds: { ours, ...peers }, means }));
    return below <= 1;
  },
});

async function scikitLearn(
  features: { width: number; values: Float32Array },
  labels: ArrayLike<number>,
  seed: number,
): Promise<{ folds: number[][]; plain: number[]; standardised: number[] }> {
  const folder = join(defaultCacheDir(), 'bench', VERSIONS[0].replace('==', '-'));
  await makeEnvironment({ name: 'scikit-learn', folder, say }, async ({ pip }) => {
    say(`scikit-learn: installing ${VERSIONS.join(' and ')}`);
    await pip(...VERSIONS);
    return { packages: VERSIONS };
  });
  const work = mkdtempSync(join(tmpdir(), 'sld-edge-folds-'));
  try {
    const [featuresPath, labelsPath] = ['features', 'labels'].map((name) => join(work, name));
    writeFileSync(featuresPath, features.values);
    writeFileSync(labelsPath, Uint8Array.from(labels));
    const script = join(import.meta.dirname, 'transfer/folds.py');
    const printed = await runOrFail('scikit-learn', pythonIn(folder), [script, featuresPath, labelsPath, String(seed)], 'the folds failed');
    return JSON.parse(printed) as { folds: number[][]; plain: number[]; standardised: number[] };
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Fraction of rows whose largest logit is their label's. */
function top1(features: Float32Array, labels: number[], { weight, bias }: { weight: Float32Array; bias: Float32Array }): number {
  const width = features.length / labels.length;
  const logits = Float32Array.from({ length: labels.length * bias.length }, (_, at) => {
    const [row, c] = [Math.floor(at / bias.length), at % bias.length];
    let sum = bias[c];
    for (let i = 0; i < width; i++) sum += features[row * width + i] * weight[c * width + i];
    return sum;
  });
  return accuracy(logits, labels, bias.length).top1;
}

function meanOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
