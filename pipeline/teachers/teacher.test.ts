import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork } from '../networks/index.ts';
import { teacherSettings } from './settings.ts';
import { writeSafetensors } from '../weights/safetensors.ts';
import { errorOf } from '../testing/error-of.ts';
import { randomState } from '../testing/random-state.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import { wasmEngine } from '../testing/engines.ts';
import { openTeacherRunner } from './runner.ts';
import { loadTeacher, saveTeacher } from './teacher.ts';

const data = tinyRunData();
const network = buildNetwork('resnet14', { inputShape: data.inputShape, classes: 3 });
const FASHION = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'];

function saved(made: Record<string, string> = { testTop1: '0.9' }): string {
  const path = join(temporaryFolder(), 'big.safetensors');
  saveTeacher(path, network, randomState(network), data, made);
  return path;
}

describe('a teacher of more classes than the data', () => {
  it('answers for those of the data, found by their labels', async () => {
    const path = saved();
    const image = new Uint8Array(data.inputShape.height * data.inputShape.width).map((_, i) => (37 * i) % 256);
    const logits = async (labels: string[]): Promise<number[]> => {
      const { handle } = await loadTeacher(path, { ...data, labels });
      const runner = await openTeacherRunner(handle, await wasmEngine());
      const values = [...(await runner.logits(Uint8Array.from([...image, ...image]), 2))];
      await runner.dispose();
      return values;
    };
    const [a, b, c] = await logits(data.labels);
    expect(await logits(['class 2', 'class 0'])).toEqual([c, a, c, a]);
    expect(await logits(['CLASS_1'])).toEqual([b, b]);
    expect((await loadTeacher(path, { ...data, labels: ['class 2', 'class 0'] })).description).toMatch(
      /; 2 classes, 3 outputs, of which the data's are found by their labels$/,
    );
  });
});

/** Weights of others: no metadata. */
function plain(folder = temporaryFolder(), of = network): string {
  const path = join(folder, 'plain.safetensors');
  writeSafetensors(path, randomState(of));
  return path;
}

const beside = (path: string, content: unknown): void =>
  writeFileSync(`${path}.json`, typeof content === 'string' ? content : JSON.stringify(content));
const refusal = async (path: string, settings = {}): Promise<string> => (await errorOf(() => loadTeacher(path, data, settings))).message;

describe('teachers of ours', () => {
  it('load as they were saved, with what their maker said and their digest', async () => {
    const path = saved();
    const teacher = await loadTeacher(path, data);
    expect(teacher).toMatchObject({ name: path, network: 'resnet14', classes: 3 });
    expect(teacher.handle).toMatchObject({ kind: 'network', network: freeze(network, randomState(network)) });
    expect(teacher.preprocessing).toEqual({
      height: 8,
      width: 8,
      channels: 1,
      fit: 'cover',
      filter: 'triangle',
      mean: [0.4],
      std: [0.25],
      scale: 1 / 255,
      channelOrder: 'rgb',
    });
    expect(teacher.metadata).toMatchObject({
      network: 'resnet14',
      classes: '3',
      testTop1: '0.9',
      labels: '["class 0","class 1","class 2"]',
    });
    expect(teacher.sha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
    expect(teacher.description).toBe(
      "resnet14, safetensors; sees 8x8x1, mean 0.4, std 0.25; 3 classes, in the data's order, as its labels say",
    );
  });

  it('the default run’s is in the repository and fits Fashion-MNIST', async () => {
    const teacher = await loadTeacher(teacherSettings.teacher.default, {
      name: 'fashion-mnist',
      labels: FASHION,
      inputShape: { height: 28, width: 28, channels: 1 },
    });
    expect(teacher.network).toBe('resnet20');
    expect(Number(teacher.metadata.testTop1)).toBeGreaterThanOrEqual(0.935);
    expect(teacher.preprocessing.mean).toHaveLength(1);
    expect(teacher.handle.classOrder).toBeUndefined();
  });

  it('see images in their own way, whatever the data’s normalisation and size', async () => {
    const path = saved();
    const other = { ...data, inputShape: { height: 16, width: 12, channels: 3 }, preprocessing: { ...data.preprocessing, mean: [0.5] } };
    expect((await loadTeacher(path, other)).preprocessing).toMatchObject({ height: 8, width: 8, channels: 1, mean: [0.4], std: [0.25] });
  });

  it('put their classes into the data’s order', async () => {
    const teacher = await loadTeacher(saved(), { ...data, labels: ['class 2', 'class 0', 'class 1'] });
    expect(teacher.handle.classOrder).toEqual([2, 0, 1]);
    expect(teacher.description).toMatch(/3 classes, put into the data's order by its labels$/);
  });

  it('are other ones to a cache where anything that decides their logits is other', async () => {
    const path = saved();
    const identity = async (settings = {}, of: typeof data = data): Promise<string> => (await loadTeacher(path, of, settings)).identity;
    const all = [
      await identity(),
      await identity({ stated: { preprocessing: { mean: [0.5] } } }),
      await identity({}, { ...data, labels: ['class 2', 'class 0', 'class 1'] }),
    ];
    expect(new Set(all).size).toBe(3);
    expect(await identity()).toBe(all[0]);
  });

  it.each([
    [
      'another number of classes',
      { ...data, labels: ['a', 'b'] },
      /^the labels of teacher .*big\.safetensors are not those of tiny: it lacks "a", "b" and has .*: npm run teacher -- --from .*big\.safetensors, with the same --data, gives it a head for these classes$/,
    ],
    [
      'other classes',
      { ...data, labels: ['class 0', 'class 1', 'tulip'] },
      /^the labels of teacher .*big\.safetensors are not those of tiny: it lacks "tulip" and has "class 2": npm run teacher -- --from /,
    ],
  ])('refuse data of %s in one line', async (_what, other, message) => {
    const path = saved();
    expect((await errorOf(() => loadTeacher(path, other))).message).toMatch(message);
  });

  it('refuse names that there are not, naming those that there are', async () => {
    expect(await refusal('resnet56.mine')).toMatch(
      /^no teacher "resnet56\.mine"; allowed: a path to a \.safetensors, \.pth, \.th, \.pt or \.onnx file, or one of .*resnet20\.fashion-mnist/,
    );
    expect(await refusal('')).toMatch(/^no teacher ""/);
  });
});

describe('weights of others', () => {
  const normalisation = { mean: [0.5], std: [0.2] };

  it('find their network by names and shapes, their class count by the weights', async () => {
    const path = plain();
    beside(path, { preprocessing: normalisation });
    const teacher = await loadTeacher(path, data);
    expect(teacher).toMatchObject({
      network: 'resnet14',
      classes: 3,
      preprocessing: { height: 8, width: 8, channels: 1, ...normalisation },
    });
    expect(teacher.description).toBe(
      `resnet14, found by the names and shapes of its weights, safetensors; sees 8x8x1, mean 0.5, std 0.2 (${path}.json); 3 classes, taken to be in the data's order: it states no labels`,
    );
  });

  it('may state size, channels, network and labels; flags win over the file', async () => {
    const rgb = buildNetwork('resnet8', { inputShape: { height: 32, width: 32, channels: 3 }, classes: 3 });
    const path = plain(temporaryFolder(), rgb);
    beside(path, {
      network: 'resnet8',
      labels: ['class 1', 'class 0', 'class 2'],
      preprocessing: { height: 32, width: 32, fit: 'stretch', channelOrder: 'bgr', scale: 1, mean: [100, 110, 120], std: [1, 2, 3] },
    });
    const teacher = await loadTeacher(path, data, { stated: { preprocessing: { mean: [104, 117, 123] } } });
    expect(teacher.preprocessing).toEqual({
      height: 32,
      width: 32,
      channels: 3,
      fit: 'stretch',
      filter: 'triangle',
      mean: [104, 117, 123],
      std: [1, 2, 3],
      scale: 1,
      channelOrder: 'bgr',
    });
    expect(teacher.handle.classOrder).toEqual([1, 0, 2]);
  });

  it('see images at the size of their public weights, where nothing states one', async () => {
    const of = buildNetwork('torchvision.shufflenet_v2_x0_5', { inputShape: { height: 33, width: 33, channels: 3 }, classes: 3 });
    const path = plain(temporaryFolder(), of);
    const preprocessing = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
    const teacher = await loadTeacher(path, data, { stated: { preprocessing } });
    expect(teacher.preprocessing).toMatchObject({ height: 224, width: 224, channels: 3 });
    expect(teacher.description).toContain('at the size of its public weights, for nothing states one');
    const stated = await loadTeacher(path, data, { stated: { preprocessing: { ...preprocessing, height: 64, width: 48 } } });
    expect(stated.preprocessing).toMatchObject({ height: 64, width: 48 });
    expect(stated.description).not.toContain('public weights');
  });

  it('read a file that the user names in place of the one beside', async () => {
    const folder = temporaryFolder();
    const path = plain(folder);
    const named = join(folder, 'named.json');
    writeFileSync(named, JSON.stringify({ preprocessing: { mean: [0.1], std: [0.9] } }));
    writeFileSync(join(folder, 'plain.json'), JSON.stringify({ preprocessing: normalisation }));
    expect((await loadTeacher(path, data, { sideFile: named })).preprocessing.mean).toEqual([0.1]);
    expect((await loadTeacher(path, data)).preprocessing.mean).toEqual([0.5]);
    expect(await refusal(path, { sideFile: join(folder, 'none.json') })).toMatch(
      /^cannot read .*none\.json, which says how the teacher sees images: ENOENT/,
    );
  });

  it('are refused where nothing states the normalisation, with JSON that works when pasted', async () => {
    const path = plain();
    const message = await refusal(path);
    expect(message).toMatch(
      /^nothing says how the images of .*plain\.safetensors are normalised: write .*plain\.safetensors\.json, such as \{/,
    );
    beside(path, /such as (\{.*\}), with/.exec(message)![1]);
    expect((await loadTeacher(path, data)).preprocessing).toMatchObject({ height: 8, width: 8, channels: 1, mean: [0.5], std: [0.5] });
  });

  it('are refused where no network has these names and shapes, with the nearest one', async () => {
    const path = plain();
    const state = randomState(network);
    state.delete('fc.bias');
    state.set('head.bias', { shape: [3], data: new Float32Array(3) });
    writeSafetensors(path, state);
    expect(await refusal(path)).toMatch(
      /plain\.safetensors fits none of the \d+ registered networks by the names and shapes of its 77 entries; the nearest is resnet14: 1 of its entries are missing or of another shape \(first "fc\.bias" \[3\]\); 1 here are not its own \(first "head\.bias"\)$/,
    );
  });

  it('are refused where no network is near, with their own names', async () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    writeSafetensors(path, new Map(['stem.weight', 'head.weight'].map((name) => [name, { shape: [3, 3], data: new Float32Array(9) }])));
    expect(await refusal(path)).toMatch(
      /of its 2 entries \(stem\.weight, head\.weight, …\); export the model as ONNX, which brings its network$/,
    );
  });

  it('are refused where the stated network is another, naming the first difference', async () => {
    const path = plain();
    expect(await refusal(path, { network: 'resnet20' })).toMatch(
      /plain\.safetensors: "layer1\.2\.conv1\.weight" \[16,16,3,3\] of resnet20 is missing$/,
    );
    expect(await refusal(path, { network: 'resnet9' })).toMatch(/^unknown network "resnet9"; allowed: /);
  });

  it.each<[string, unknown, RegExp]>([
    ['text that is not JSON', '{', /plain\.safetensors\.json is not JSON: /],
    ['no object', [1], /expected a JSON object with network, labels, input, output, preprocessing$/],
    ['an unknown key', { means: [0.5] }, /unknown key "means"; allowed: network, labels, /],
    ['an unknown key inside', { preprocessing: { sdt: [1] } }, /unknown key "preprocessing\.sdt"; allowed: /],
    [
      'a deviation of 0',
      { preprocessing: { mean: [0.5], std: [0] } },
      /"preprocessing\.std" expects a list of numbers above 0, one a channel, got \[0\]$/,
    ],
    ['a size of 0', { preprocessing: { height: 0 } }, /"preprocessing\.height" expects pixels from 1 to 4096, got 0$/],
    [
      'too few means',
      { preprocessing: { channels: 1, mean: [0.1, 0.2], std: [1, 1] } },
      /takes 1 channel: mean and std need as many numbers each; came 2 and 2$/,
    ],
    ['another number of labels', { preprocessing: normalisation, labels: ['class 0'] }, /knows 3 classes, its labels are 1$/],
    ['a label twice', { preprocessing: normalisation, labels: ['class 0', 'class 1', 'class 1'] }, /it lacks "class 2" and has/],
  ])('are refused with %s in the file beside them', async (_what, content, message) => {
    const path = plain();
    beside(path, content);
    expect(await refusal(path)).toMatch(message);
  });
});
