import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PUBLISHED } from '../data/augmentation/index.ts';
import { imagesInMemory } from '../data/sets/image-source.ts';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import type { Views } from '../training/training.ts';
import { createBatchSource } from '../training/views/batches.ts';
import { imageSetHandle } from '../data/sets/image-set.ts';
import { teacherLogits } from './measure.ts';
import type { OnnxHandle } from './teacher-handle.ts';
import { openTeacherRunner } from './runner.ts';
import type { TeacherStatement } from './statement.ts';
import { loadTeacher, type Teacher } from './teacher.ts';

/** Models whose answers can be told by hand: fixtures/make_onnx_fixtures.py. */
const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}.onnx`, import.meta.url));
const data = { name: 'colours', labels: ['red', 'green', 'blue'], inputShape: { height: 4, width: 4, channels: 3 } };
const plain = { mean: [0, 0, 0], std: [1, 1, 1] };
const load = (name: string, stated: TeacherStatement = {}, of: typeof data = data): Promise<Teacher> =>
  loadTeacher(fixture(name), of, { stated: { preprocessing: plain, ...stated } });
const refusal = async (name: string, stated: TeacherStatement = {}, of = data): Promise<string> =>
  (await errorOf(() => load(name, stated, of))).message;

/** Even images: all of red, and so on; levels that are fifths of 255. */
const LEVELS = [
  [255, 0, 51],
  [0, 204, 102],
  [51, 51, 255],
  [102, 153, 0],
  [255, 255, 255],
  [0, 0, 51],
];
const pixels = Uint8Array.from(LEVELS.flatMap((levels) => Array.from({ length: 16 }, () => levels).flat()));
const set = { count: LEVELS.length, images: imagesInMemory(pixels, 48), labels: Uint16Array.of(0, 1, 2, 1, 0, 2) };
const means = LEVELS.flat().map((level) => level / 255);
const close = (actual: Float32Array, expected: number[]): void => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value, `at ${i}`).toBeCloseTo(expected[i], 5));
};

describe('ONNX teachers', () => {
  it('say what they are and answer, NCHW and any batch', async () => {
    const teacher = await load('channel-means');
    expect(teacher).toMatchObject({
      network: 'ONNX model',
      classes: 3,
      handle: { kind: 'onnx', layout: 'nchw', batch: 0, input: 'image', output: 'logits' },
    });
    expect(teacher.description).toBe(
      'ONNX model, NCHW, any batch, logits "logits"; sees 4x4x3, mean 0 0 0, std 1 1 1; 3 classes, taken to be in the data\'s order: it states no labels',
    );
    close(await teacherLogits(teacher, undefined, set, data.inputShape), means);
  });

  it('of a fixed batch get it filled up; NHWC; probabilities become their logarithms', async () => {
    const teacher = await load('four-at-once', { output: { name: 'probabilities', kind: 'probabilities' } });
    expect(teacher.handle).toMatchObject({ layout: 'nhwc', batch: 4 });
    const logits = await teacherLogits(teacher, undefined, set, data.inputShape);
    const expected = LEVELS.flatMap((levels) => {
      const exponentials = levels.map((level) => Math.exp(level / 255));
      const sum = exponentials.reduce((a, b) => a + b);
      return exponentials.map((value) => Math.log(value / sum));
    });
    close(logits, expected);
  });

  it('whose open dimensions have names are laid out as these say', async () => {
    const teacher = await loadTeacher(
      fixture('optimum-dims'),
      { ...data, inputShape: { height: 32, width: 32, channels: 3 } },
      { stated: { preprocessing: plain } },
    );
    expect(teacher.handle).toMatchObject({ layout: 'nchw', batch: 0 });
  });

  it.each([
    ['a tfjs model', { format: 'graph-model', modelTopology: {}, weightsManifest: [] }],
    ['a configuration of transformers.js', { model_type: 'vit', architectures: ['ViT'] }],
  ])('do not take %s beside them for their own JSON file', async (_, content) => {
    const model = join(temporaryFolder(), 'model.onnx');
    copyFileSync(fixture('channel-means'), model);
    writeFileSync(model.replace(/onnx$/, 'json'), JSON.stringify(content));
    expect((await loadTeacher(model, data, { stated: { preprocessing: plain } })).description).not.toContain('model.json');
  });

  it('of bytes get levels, and no normalisation is to be stated', async () => {
    const teacher = await loadTeacher(fixture('levels'), data);
    expect(teacher.preprocessing).toMatchObject({ mean: [0, 0, 0], std: [1, 1, 1], scale: 1 });
    close(await teacherLogits(teacher, undefined, set, data.inputShape), means);
    expect(await refusal('levels', { preprocessing: { mean: [0.5, 0.5, 0.5], std: [1, 1, 1] } })).toMatch(
      /the input "image" of .*levels\.onnx is uint8: the model normalises images itself, leave out mean, std and scale$/,
    );
  });

  it('of halves get and give them', async () => {
    const logits = await teacherLogits(await load('halves'), undefined, set, data.inputShape);
    logits.forEach((value, i) => expect(Math.abs(value - means[i])).toBeLessThan(2 ** -11));
  });

  it('of one output tell two classes apart: a logit, or a probability', async () => {
    const two = { ...data, labels: ['dark', 'bright'] };
    const expected = LEVELS.flatMap((levels) => [0, levels.reduce((sum, level) => sum + level / 255, 0) / 3]);
    const asLogit = await load('one-output', { output: { name: 'logits' } }, two);
    expect(asLogit.classes).toBe(2);
    const dark = { count: 1, images: imagesInMemory(new Uint8Array(48), 48), labels: Uint16Array.of(0) };
    const negative = await load('one-output', { preprocessing: { mean: [2, 2, 2], std: [1, 1, 1] }, output: { name: 'logits' } }, two);
    close(await teacherLogits(negative, undefined, dark, data.inputShape), [0, -2]);
    for (const kind of ['sigmoid', 'probabilities'] as const)
      close(
        await teacherLogits(await load('one-output', { output: { name: 'probability', kind } }, two), undefined, set, data.inputShape),
        expected,
      );
    const taken = await load('one-output', { output: { name: 'probability' } }, two);
    expect((await errorOf(() => teacherLogits(taken, undefined, set, data.inputShape))).message).toMatch(
      /lies between 0 and 1: it is a probability\. State "output": \{"kind": "sigmoid"\}/,
    );
  });

  it('of a probability for each class by itself give its log-odds', async () => {
    const teacher = await load('each-by-itself', { output: { kind: 'sigmoid' } });
    close(await teacherLogits(teacher, undefined, set, data.inputShape), means);
    const levels = await load('channel-means', { preprocessing: { ...plain, scale: 1 }, output: { kind: 'sigmoid' } });
    expect((await errorOf(() => teacherLogits(levels, undefined, set, data.inputShape))).message).toMatch(
      /stated to be probabilities, but one of them is 255; state "output": \{"kind": "logits"\}/,
    );
  });

  it('see images as transformers’ configuration beside them says, or in the folder above', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'onnx'));
    copyFileSync(fixture('channel-means'), join(folder, 'onnx', 'model.onnx'));
    writeFileSync(
      join(folder, 'preprocessor_config.json'),
      JSON.stringify({ size: { height: 4, width: 4 }, image_mean: [0, 0, 0], image_std: [0.5, 0.5, 0.5], rescale_factor: 1 / 255 }),
    );
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: 'vit', id2label: { 0: 'green', 1: 'red', 2: 'blue' } }));
    const teacher = await loadTeacher(join(folder, 'onnx', 'model.onnx'), data);
    expect(teacher.preprocessing).toMatchObject({ height: 4, width: 4, fit: 'stretch', std: [0.5, 0.5, 0.5] });
    expect(teacher.handle.classOrder).toEqual([1, 0, 2]);
    expect(teacher.description).toContain('preprocessor_config.json');
  });

  it('have their classes put into the data’s order', async () => {
    const teacher = await load('channel-means', { labels: ['blue', 'red', 'green'] });
    expect(teacher.handle.classOrder).toEqual([1, 2, 0]);
    close(
      await teacherLogits(teacher, undefined, set, data.inputShape),
      LEVELS.flatMap(([red, green, blue]) => [green / 255, blue / 255, red / 255]),
    );
  });

  it('of open sizes take what is stated, then the data’s own', async () => {
    expect((await load('open-sizes', { preprocessing: { ...plain, layout: 'nchw' } })).preprocessing).toMatchObject({
      height: 4,
      width: 4,
      channels: 3,
    });
    const larger = await load('open-sizes', { preprocessing: { ...plain, layout: 'nchw', height: 8, width: 6 } });
    expect(larger.preprocessing).toMatchObject({ height: 8, width: 6, channels: 3 });
    // Even images stay what they are at any size.
    close(await teacherLogits(larger, undefined, set, data.inputShape), means);
  });

  it('see grey images in colours, by a JSON file beside them', async () => {
    const path = join(temporaryFolder(), 'copy.onnx');
    copyFileSync(fixture('channel-means'), path);
    writeFileSync(path.replace('.onnx', '.json'), JSON.stringify({ preprocessing: { ...plain, mean: [0, 0.2, 0.4] } }));
    const teacher = await loadTeacher(path, { ...data, inputShape: { height: 4, width: 4, channels: 1 } });
    const greys = { count: 1, images: imagesInMemory(new Uint8Array(16).fill(153), 16), labels: Uint16Array.of(0) };
    close(await teacherLogits(teacher, undefined, greys, { height: 4, width: 4, channels: 1 }), [0.6, 0.4, 0.2]);
  });

  it.each<[string, string, TeacherStatement, RegExp]>([
    [
      'outputs to choose from',
      'four-at-once',
      {},
      /four-at-once\.onnx has the outputs means, probabilities; state which with "output": \{"name": NAME\} in the JSON file beside it$/,
    ],
    ['an output that there is not', 'channel-means', { output: { name: 'scores' } }, /has no output "scores"; it has logits$/],
    ['an input that there is not', 'channel-means', { input: 'x' }, /has no input "x"; it has image$/],
    ['an input that takes no images', 'vector', {}, /the input "x" \[n, 3\] of .*vector\.onnx has 2 dimensions; images have 4/],
    [
      'another size stated',
      'channel-means',
      { preprocessing: { ...plain, height: 32 } },
      /the input "image" \[batch, 3, 4, 4\] of .* has height 4 \(nchw\), 32 is stated$/,
    ],
    ['another layout stated', 'channel-means', { preprocessing: { ...plain, layout: 'nhwc' } }, /has 4 channels \(nhwc\); allowed: 1, 3$/],
    ['a layout that may be either', 'open-sizes', {}, /may be NCHW or NHWC: state \{"preprocessing": \{"layout": "nchw"\}\}/],
    [
      'a network stated',
      'channel-means',
      { network: 'resnet8' },
      /is an ONNX model and brings its network: the setting teacherNetwork \("resnet8"\) is for weights alone$/,
    ],
    [
      'other labels',
      'channel-means',
      { labels: ['red', 'green', 'mauve'] },
      /it lacks "blue" and has "mauve": name the classes as the data does, /,
    ],
    [
      'no normalisation',
      'channel-means',
      { preprocessing: {} },
      /^nothing says how the images of .* are normalised: write .*channel-means\.onnx\.json, such as \{"preprocessing":\{"height":4,"width":4,"channels":3,"mean":\[0\.485,0\.456,0\.406\]/,
    ],
  ])('are refused with %s', async (_what, name, stated, message) => {
    expect(await refusal(name, stated)).toMatch(message);
  });

  it('are refused for data of other classes, and where the file is no model', async () => {
    expect(await refusal('channel-means', {}, { ...data, labels: ['a', 'b'] })).toMatch(
      /knows 3 classes, colours has 2, and it states no labels to find them by: name the classes as the data does, or learn from the labels alone by --method ce$/,
    );
    const path = join(temporaryFolder(), 'x.onnx');
    writeFileSync(path, 'no model');
    expect((await errorOf(() => loadTeacher(path, data))).message).toMatch(/x\.onnx is not an ONNX model: ./);
  });

  it('are refused where probabilities are taken for logits, and logits for probabilities', async () => {
    const probabilities = await load('four-at-once', { output: { name: 'probabilities' } });
    expect((await errorOf(() => teacherLogits(probabilities, undefined, set, data.inputShape))).message).toMatch(
      /adds up to 1: these are probabilities\. State "output": \{"kind": "probabilities"\}/,
    );
    const logits = await load('four-at-once', { output: { name: 'means', kind: 'probabilities' } });
    expect((await errorOf(() => teacherLogits(logits, undefined, set, data.inputShape))).message).toMatch(
      /stated to be probabilities, but a row of them adds up to 1\.2/,
    );
  });

  it('that give no finite numbers are refused, naming the image', async () => {
    const teacher = await load('channel-means', { preprocessing: { mean: [0, 0, 0], std: [1e-45, 1, 1] } });
    expect((await errorOf(() => teacherLogits(teacher, undefined, set, data.inputShape))).message).toMatch(
      /gives Infinity for image 0, class 0: its weights or its normalisation/,
    );
  });

  it('say 0 for a probability of 0 by a number, not by minus infinity', async () => {
    const teacher = await load('four-at-once', {
      preprocessing: { ...plain, scale: 1 },
      output: { name: 'probabilities', kind: 'probabilities' },
    });
    const logits = await teacherLogits(teacher, undefined, set, data.inputShape);
    expect(logits[1]).toBeCloseTo(-126 * Math.log(2), 3);
  });

  it('answer in worker threads as in this one', async () => {
    const run = tinyRunData({ size: 4, channels: 3 });
    const teacher = await loadTeacher(fixture('channel-means'), run, { stated: { preprocessing: plain } });
    const engine = { name: 'wasm', description: '' } as const;
    const views: Views = {
      engine,
      train: imageSetHandle(run.train),
      preprocessing: run.preprocessing,
      views: ['weak'],
      seed: 1,
      viewSets: 0,
      augmentation: PUBLISHED,
      teacher: teacher.handle,
    };
    const source = createBatchSource(views, 2);
    try {
      for await (const { images, teacherLogits: logits } of source.epoch(1, [Uint32Array.of(0, 1), Uint32Array.of(2, 3, 4)])) {
        // The views come normalised for the student: (level - 0.4) / 0.25, and here the teacher says the channels' means.
        const expected = Array.from({ length: logits!.length }, (_, at) => {
          const [image, channel] = [Math.floor(at / 3), at % 3];
          let sum = 0;
          for (let i = 0; i < 16; i++) sum += images[image * 48 + i * 3 + channel] * 0.25 + 0.4;
          return sum / 16;
        });
        close(logits!, expected);
      }
    } finally {
      await source.close();
    }
  });

  it('open twice and in any number', async () => {
    const { handle } = await load('channel-means');
    const runners = await Promise.all([openTeacherRunner(handle as OnnxHandle), openTeacherRunner(handle as OnnxHandle)]);
    for (const runner of runners) {
      close(await runner.logits(pixels.subarray(0, 48), 1), means.slice(0, 3));
      await runner.dispose();
    }
  });
});
