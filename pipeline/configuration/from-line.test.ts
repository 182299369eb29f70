import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { augmentations } from '../data/augmentation/named.ts';
import { augmentationSettings } from '../data/augmentation/settings.ts';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { UsageError } from '../support/usage-error.ts';
import { parseLine } from './command-line.ts';
import { configurationFrom, type Start } from './from-line.ts';
import { runFolderOf } from './run-folder-name.ts';
import { listPresets } from './run-settings.ts';
import { defaults, runSettings, type Configuration } from './settings.ts';

/** Reads a command line as `distill` does. */
const from = (typed: string, start?: Start): Configuration =>
  configurationFrom(parseLine('distill', { settings: runSettings }, typed === '' ? [] : typed.split(' ')).given, start);
const refusal = async (typed: string): Promise<string> => {
  const error = await errorOf(() => from(typed));
  expect(error).toBeInstanceOf(UsageError);
  return error.message;
};

afterEach(() => vi.restoreAllMocks());

/** Own teachers lie in the working folder's `runs/teachers`. */
function inFolderWith(...teachers: string[]): void {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'runs', 'teachers'), { recursive: true });
  for (const name of teachers) writeFileSync(join(folder, 'runs', 'teachers', `${name}.safetensors`), '');
  const before = process.cwd();
  process.chdir(folder);
  cleanup = () => process.chdir(before);
}
let cleanup = (): void => {};
afterEach(() => {
  cleanup();
  cleanup = () => {};
});

describe('--augmentation', () => {
  it.each(Object.entries(augmentations))('%s is settings of views, which flags change', (augmentation, { settings }) => {
    expect(from(`--augmentation ${augmentation}`)).toEqual({ ...defaults, name: 'fashion-mnist', augmentation, ...settings });
    expect(from(`--augmentation ${augmentation} --flip both --jitter none`)).toMatchObject({ ...settings, flip: 'both', jitter: [] });
    for (const key of Object.keys(settings)) expect(augmentationSettings).toHaveProperty(key);
  });

  it('comes after a preset and what a command decides', () => {
    expect(from('--augmentation sign --preset teacher', { base: { flip: 'both' } })).toMatchObject({ flip: 'none', epochs: 20 });
  });
});

describe('configurationFrom', () => {
  it('is preset, then flags', () => {
    expect(from('')).toMatchObject({ preset: 'default', epochs: defaults.epochs });
    expect(from('', { preset: 'teacher' })).toMatchObject({ preset: 'teacher', student: 'resnet20' });
    expect(from('--preset long --batch-size 32 --learning-rate 1e-2', { preset: 'teacher' })).toMatchObject({
      preset: 'long',
      epochs: 16,
      batchSize: 32,
      learningRate: 0.01,
    });
    expect(from('--quick --epochs 3')).toMatchObject({ preset: 'quick', quick: true, epochs: 3, makeDefault: false });
    expect(from('--quick --make-default').makeDefault).toBe(true);
    expect(from('--quick --preset quick').quick).toBe(true);
    expect(from('--nesterov').nesterov).toBe(true);
    expect(from('--preset teacher --no-nesterov').nesterov).toBe(false);
    expect(from('--variants float32,uint8').variants).toBe('float32,uint8');
  });

  it('takes options of the method as text, on top of what the preset has for that method', () => {
    expect(from('--method-options kdWeight=0.5,temperatures=[1,4]').methodOptions).toEqual({ kdWeight: 0.5, temperatures: [1, 4] });
    expect(from('--method sld{studentSwap=false} --method-options {"kdWeight":0.5}')).toMatchObject({
      method: 'sld',
      methodOptions: { studentSwap: false, kdWeight: 0.5 },
    });
    const preset = '--preset cifar100/resnet56-resnet20';
    expect(from(preset).methodOptions).toEqual({});
    expect(from(`${preset} --method dkd`).methodOptions).toEqual({ beta: 2 });
    expect(from(`${preset} --method dkd{alpha=2} --method-options beta=3`).methodOptions).toEqual({ alpha: 2, beta: 3 });
  });

  it('takes lists as numbers with commas between', () => {
    expect(from('--milestones 0.5,0.75 --step-factor 0.2 --schedule step')).toMatchObject({ milestones: [0.5, 0.75], stepFactor: 0.2 });
  });

  it('understands the path of a folder', () => {
    expect(from('--data /pictures/birds --method ce')).toMatchObject({ data: 'folder:/pictures/birds', name: 'birds' });
    expect(from('--data ./birds --method ce').data).toBe('folder:./birds');
    expect(from('--data cifar10:/somewhere --method ce').data).toBe('cifar10:/somewhere');
  });

  it('lowers a warm-up that nobody stated where the epochs are too few for it', () => {
    expect(from('--epochs 1')).toMatchObject({ epochs: 1, warmupEpochs: 0.5 });
    expect(from('--preset teacher --epochs 1')).toMatchObject({ epochs: 1, warmupEpochs: 0.5 });
    expect(from('--preset teacher --epochs 2')).toMatchObject({ epochs: 2, warmupEpochs: 1 });
    expect(from('--preset teacher', { base: { epochs: 1 } })).toMatchObject({ epochs: 1, warmupEpochs: 0.5 });
  });

  it('keeps a name of the preset for its own data and network alone', () => {
    const nameOf: Start['nameOf'] = (student, data) => `${student}.of.${data}`;
    expect(from('--preset teacher').name).toBe('resnet20.fashion-mnist');
    expect(from('--preset teacher', { nameOf }).name).toBe('resnet20.fashion-mnist');
    expect(from('--preset teacher --data cifar10', { nameOf }).name).toBe('resnet20.of.cifar10');
    expect(from('--preset teacher --student resnet14', { nameOf }).name).toBe('resnet14.of.fashion-mnist');
    expect(from('--preset teacher --data cifar10 --name mine', { nameOf }).name).toBe('mine');
    expect(from('--preset vit --student vit_micro_patch4_32').name).toBe('fashion-mnist-vit');
    expect(from('--preset cifar100/resnet56-resnet20 --data folder:/birds --method ce').name).toBe('birds');
  });

  it('takes the teacher of other data than the preset’s, one’s own first', () => {
    expect(from('--data cifar100').teacher).toBe('resnet20.cifar100');
    inFolderWith('resnet20.birds', 'resnet14.cifar100');
    expect(from('--data folder:/birds').teacher).toBe('resnet20.birds');
    expect(from('--data cifar100').teacher).toBe('resnet14.cifar100');
    expect(from('--data folder:/birds --teacher other.onnx').teacher).toBe('other.onnx');
    expect(from('').teacher).toBe(defaults.teacher);
  });

  it('says how to get a teacher where there is none of these data', async () => {
    expect(await refusal('--data folder:/no/birds --image-size 64')).toBe(
      'no teacher knows birds yet: npm run teacher -- --data folder:/no/birds --image-size 64 trains one, --teacher FILE names one, --method ce learns from the labels alone',
    );
  });

  it.each([
    ['--preset qiuck', /^unknown preset "qiuck"; did you mean quick\?; allowed: default, quick/],
    ['--quick --preset long', /^--quick is a preset of its own; it can't be joined with --preset long$/],
    ['--no-quick', /^--no-quick: quick is a preset; name another with --preset$/],
    ['--epochs many', /^--epochs expects a whole number from 1, got "many"$/],
    ['--epochs=', /^--epochs expects a whole number from 1, got ""$/],
    ['--learning-rate 1,5', /^--learning-rate expects a number above 0, got "1,5"$/],
    ['--milestones 0.5,x', /^--milestones expects numbers above 0 to below 1 with commas between, got "0.5,x"$/],
    ['--method-options kdWeight', /^--method-options: expected options as key=value,key=value .* got "kdWeight"$/],
    ['--method-options kdWieght=1', /^unknown option "kdWieght" of method sld; allowed: views, temperatures, /],
    ['--epochs=-3', /^--epochs expects a whole number from 1, got "-3"$/],
    ['--epochs 1 --warmup-epochs 1', /^setting "warmupEpochs" expects a number from 0 to below the 1 of "epochs", got 1$/],
    ['--student mobilenetv2', /^--student expects one of .*, got "mobilenetv2"; did you mean MobileNetV2\?$/],
    ['--data mnist', /^--data expects fashion-mnist, .*, got "mnist"/],
  ])('refuses %s in one line', async (typed, message) => {
    expect(await refusal(typed)).toMatch(message);
  });

  it.each([
    ['--method ce --teacher other.onnx', '--teacher has no effect: the method ce learns from the labels alone'],
    ['--method ce --operations Rotate', '--operations has no effect: the method ce has no strong view, which it is for'],
    ['--method kd --operation-count 1', '--operation-count has no effect: the method kd has no strong view, which it is for'],
    ['--milestones 0.5', '--milestones has no effect: --schedule is cosine'],
    ['--step-factor 0.5', '--step-factor has no effect: --schedule is cosine'],
    ['--preset vit --momentum 0.5', '--momentum has no effect: --optimizer is adamw'],
    ['--optimizer adamw --nesterov', '--nesterov has no effect: --optimizer is adamw'],
    ['--image-size 64', '--image-size has no effect: it is for folders of images, and --data is fashion-mnist'],
    ['--max-unreadable 0', '--max-unreadable has no effect: it is for folders of images, and --data is fashion-mnist'],
  ])('refuses %s, which has no effect', async (typed, message) => {
    expect(await refusal(typed)).toBe(message);
  });
});

describe('the folder of a run', () => {
  const folder = (typed: string): string => runFolderOf(from(typed));

  it('is named by what the run is', () => {
    expect(folder('')).toBe('runs/fashion-mnist.resnet8.sld.default.seed1');
    expect(folder('--preset cifar100/resnet56-resnet20 --seed 3')).toBe(
      'runs/cifar100-resnet20.resnet20.sld.cifar100-resnet56-resnet20.seed3',
    );
    expect(folder('--method sld{studentSwap=false}')).toMatch(/^runs\/fashion-mnist\.resnet8\.sld\.default\.seed1\.[0-9a-f]{8}$/);
  });

  it('is another for runs of other data, teacher or method', () => {
    const lines = [
      '',
      '--seed 2',
      '--student resnet20',
      '--method kd',
      '--preset long',
      '--quick',
      '--data cifar100',
      '--data cifar100 --name x',
      '--data cifar100:elsewhere --name x',
      '--name x',
      '--teacher other.onnx',
      '--method-options kdWeight=1',
      '--method-options kdWeight=2',
      '--method kd --method-options kdWeight=2',
      '--class-weights balanced',
      '--cache-teacher 4',
      '--data folder:/x --method ce',
      '--data folder:/x --method ce --image-size 64',
      '--teacher-preprocessing a.json',
    ];
    expect(new Set(lines.map(folder)).size).toBe(lines.length);
    expect(folder('--method-options kdWeight=1')).toBe(folder('--method sld{kdWeight=1}'));
    // Training longer is the same run's folder: there it is refused or restarted knowingly.
    expect(folder('--epochs 9')).toBe(folder(''));
  });
});

it('lists the presets with what each is for, and the flags that state the same', () => {
  const printed: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
  const { presets } = listPresets(false);
  expect(Object.keys(presets)).toContain('cifar100/resnet56-resnet20');
  for (const about of Object.values(presets)) expect(about).toMatch(/^\S.{10,160}$/);
  expect(printed).toHaveLength(Object.keys(presets).length);
  expect(printed.find((line) => line.startsWith('long:'))).toMatch(/\n {2}--epochs 16 --warmup-epochs 1$/);
});
