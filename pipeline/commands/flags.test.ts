import { describe, expect, it } from 'vitest';
import { defaults } from '../presets/configuration.ts';
import { errorOf } from '../testing/error-of.ts';
import { configurationFlags, configurationFrom, helpText, numberOf, parseFlags, UsageError, type Flags } from './flags.ts';
import { abstainErrorOf, listPresets, maxDropOf, runFolderOf } from './run-options.ts';

const flags: Flags = { out: { type: 'string', help: 'where to write' }, 'max-drop': { type: 'string', help: 'points' }, resume: { type: 'boolean', help: 'continue' } };

describe('numberOf', () => {
  it('reads a number, or takes the fallback', () => {
    expect(numberOf({ images: '12' }, 'images', 5, { from: 1 })).toBe(12);
    expect(numberOf({}, 'images', 5, { from: 1 })).toBe(5);
    expect(numberOf({ percentile: '99.9' }, 'percentile', 50, { from: 50, to: 100, whole: false })).toBe(99.9);
  });

  it.each([
    ['0', { from: 1 }, '--n expects a whole number from 1, got "0"'],
    ['1.5', { from: 1 }, '--n expects a whole number from 1, got "1.5"'],
    ['300', { from: 1, to: 256 }, '--n expects a whole number from 1 to 256, got "300"'],
    ['many', { from: 0, to: 1, whole: false }, '--n expects a number from 0 to 1, got "many"'],
    ['', { from: 0 }, '--n expects a whole number from 0, got ""'],
  ])('refuses "%s"', (text, range, message) => {
    expect(() => numberOf({ n: text }, 'n', 1, range)).toThrow(new UsageError(message));
  });
});

describe('parseFlags', () => {
  it('reads strings and switches', () => {
    expect({ ...parseFlags('x', ['--out', 'a b', '--resume', '--max-drop=1'], flags) }).toEqual({ out: 'a b', resume: true, 'max-drop': '1' });
    expect({ ...parseFlags('x', [], flags) }).toEqual({});
  });

  it.each([
    ['an unknown flag', ['--ouch'], /^x: Unknown option '--ouch'; allowed: --out, --max-drop, --resume$/],
    ['a missing value', ['--out'], /^x: .*--out.*; allowed: --out, --max-drop, --resume$/],
    ['a value for a switch', ['--resume=yes'], /^x: .*--resume.*; allowed: /],
    ['an argument that is no flag', ['stray'], /^x: .*stray.*; allowed: /],
    ['another flag where a value belongs', ['--out', '--resume'], /^x: .*--out.*; allowed: /],
  ])('refuses %s in one line', async (_what, args, message) => {
    const error = await errorOf(() => parseFlags('x', args, flags));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(message);
  });
});

describe('helpText', () => {
  it('lists every flag with its help, aligned', () => {
    expect(helpText('quantize', 'Does it.', flags)).toBe(['npm run quantize -- [flags]', '', 'Does it.', '', '  --out       where to write', '  --max-drop  points', '  --resume    continue'].join('\n'));
  });

  it('has a flag, its meaning and its default for every setting of a run', () => {
    const text = helpText('distill', 'x', configurationFlags);
    for (const name of ['preset', 'quick', 'data', 'teacher', 'student', 'method', 'engine', 'seed', 'epochs', 'batch-size', 'learning-rate', 'warmup-epochs', 'schedule', 'max-drop', 'name']) {
      expect(text).toMatch(new RegExp(`^  --${name} +\\S`, 'm'));
    }
    expect(text).toMatch(/--batch-size +batch size \(default 64\)/);
  });
});

describe('configurationFrom', () => {
  it('is preset, then flags', () => {
    expect(configurationFrom({})).toMatchObject({ preset: 'default', epochs: defaults.epochs });
    expect(configurationFrom({}, 'teacher')).toMatchObject({ preset: 'teacher', student: 'resnet20' });
    expect(configurationFrom({ preset: 'long', 'batch-size': '32', 'learning-rate': '1e-2', data: 'cifar10' }, 'teacher')).toMatchObject({ preset: 'long', epochs: 16, batchSize: 32, learningRate: 0.01, data: 'cifar10' });
    expect(configurationFrom({ quick: true, epochs: '3' })).toMatchObject({ preset: 'quick', quick: true, epochs: 3 });
    expect(configurationFrom({ quick: true, preset: 'quick' }).quick).toBe(true);
  });

  it('takes options of the method as text, on top of what the preset has for that method', () => {
    expect(configurationFrom({ 'method-options': 'kdWeight=0.5,temperatures=[1,4]' }).methodOptions).toEqual({ kdWeight: 0.5, temperatures: [1, 4] });
    expect(configurationFrom({ method: 'sld{studentSwap=false}', 'method-options': '{"kdWeight":0.5}' })).toMatchObject({ method: 'sld', methodOptions: { studentSwap: false, kdWeight: 0.5 } });
    const preset = 'cifar100/resnet56-resnet20';
    expect(configurationFrom({ preset }).methodOptions).toEqual({});
    expect(configurationFrom({ preset, method: 'dkd' }).methodOptions).toEqual({ beta: 2 });
    expect(configurationFrom({ preset, method: 'dkd{alpha=2}', 'method-options': 'beta=3' }).methodOptions).toEqual({ alpha: 2, beta: 3 });
  });

  it('takes lists as numbers with commas between', () => {
    expect(configurationFrom({ milestones: '0.5, 0.75', 'step-factor': '0.2', schedule: 'step' })).toMatchObject({ milestones: [0.5, 0.75], stepFactor: 0.2 });
  });

  it.each([
    [{ preset: 'qiuck' }, /^unknown preset "qiuck"; allowed: default, quick/],
    [{ quick: true, preset: 'long' }, /^--quick is a preset of its own; it can't be joined with --preset long$/],
    [{ epochs: 'many' }, /^--epochs expects a number, got "many"$/],
    [{ epochs: '' }, /^--epochs expects a number, got ""$/],
    [{ 'learning-rate': '1,5' }, /^--learning-rate expects a number, got "1,5"$/],
    [{ milestones: '0.5,x' }, /^--milestones expects numbers with commas between, got "0.5,x"$/],
    [{ 'method-options': 'kdWeight' }, /^--method-options: expected options as key=value,key=value .* got "kdWeight"$/],
    [{ 'learning-rate': 'Infinity' }, /^setting "learningRate" expects a number, got Infinity$/],
    [{ epochs: '-3' }, /^setting "epochs" is -3; allowed: whole numbers from 1$/],
    [{ epochs: '1', 'warmup-epochs': '1' }, /^setting "warmupEpochs" is 1; allowed: from 0 to below epochs$/],
  ])('refuses %j in one line', async (values, message) => {
    const error = await errorOf(() => configurationFrom(values));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(message);
  });
});

describe('run options', () => {
  const folder = (changes: object): string => runFolderOf(configurationFrom({ ...changes }));

  it('names the folder of a run by what it is', () => {
    expect(folder({})).toBe('runs/fashion-mnist.resnet8.sld.default.seed1');
    expect(folder({ preset: 'cifar100/resnet56-resnet20', seed: '3' })).toBe('runs/cifar100-resnet20.resnet20.sld.cifar100-resnet56-resnet20.seed3');
    expect(folder({ method: 'sld{studentSwap=false}' })).toMatch(/^runs\/fashion-mnist\.resnet8\.sld\.default\.seed1\.[0-9a-f]{8}$/);
  });

  it('keeps runs of other settings in other folders', () => {
    const changes = [
      {}, { seed: '2' }, { student: 'resnet20' }, { method: 'kd' }, { preset: 'long' }, { quick: true }, { data: 'cifar10' }, { data: 'cifar10', name: 'x' }, { data: 'cifar10:elsewhere', name: 'x' }, { name: 'x' },
      { teacher: 'other.onnx' }, { 'method-options': 'kdWeight=1' }, { 'method-options': 'kdWeight=2' }, { method: 'kd', 'method-options': 'kdWeight=2' }, { 'class-weights': 'balanced' }, { 'cache-teacher': '4' }, { 'image-size': '64' }, { 'teacher-preprocessing': 'a.json' },
    ];
    expect(new Set(changes.map(folder)).size).toBe(changes.length);
    expect(folder({ 'method-options': 'kdWeight=1' })).toBe(folder({ method: 'sld{kdWeight=1}' }));
    // Training longer is the same run's folder: there it is refused or restarted knowingly.
    expect(folder({ epochs: '9' })).toBe(folder({}));
  });

  it('lists the presets with a line each', () => {
    const { presets } = listPresets({ json: true });
    expect(Object.keys(presets)).toContain('cifar100/resnet56-resnet20');
    for (const about of Object.values(presets)) expect(about).toMatch(/^\S.{10,160}$/);
  });

  it('takes --abstain-error where it is stated', async () => {
    expect(abstainErrorOf({}, 0.1)).toBe(0.1);
    expect(abstainErrorOf({ 'abstain-error': '0' }, 0.1)).toBe(0);
    expect(abstainErrorOf({ 'abstain-error': '0.05' }, 0)).toBe(0.05);
    for (const value of ['', '-1', '1', 'much', 'NaN']) expect((await errorOf(() => abstainErrorOf({ 'abstain-error': value }, 0))).message).toBe(`--abstain-error expects a fraction from 0 to below 1, got "${value}"`);
  });

  it('reads what stands without a flag by its name, and demands all of it', async () => {
    expect({ ...parseFlags('x', ['one', '--resume', 'two'], flags, ['A', 'B']) }).toEqual({ A: 'one', B: 'two', resume: true });
    expect((await errorOf(() => parseFlags('x', ['one'], flags, ['A', 'B']))).message).toBe('x expects A B, got one');
    expect((await errorOf(() => parseFlags('x', ['one', 'two', 'three'], flags, ['A', 'B']))).message).toBe('x expects A B, got one two three');
  });

  it('takes --max-drop where it is stated', async () => {
    expect(maxDropOf({}, 0.5)).toBe(0.5);
    expect(maxDropOf({ 'max-drop': '0' }, 0.5)).toBe(0);
    expect(maxDropOf({ 'max-drop': '1.25' }, 0.5)).toBe(1.25);
    for (const value of ['', '-1', 'much', 'NaN']) expect((await errorOf(() => maxDropOf({ 'max-drop': value }, 0.5))).message).toBe(`--max-drop expects percentage points from 0, got "${value}"`);
  });
});
