import { describe, expect, it } from 'vitest';
import { defaults } from '../presets/configuration.ts';
import { errorOf } from '../testing/error-of.ts';
import { configurationFlags, configurationFrom, helpText, parseFlags, UsageError, type Flags } from './flags.ts';
import { maxDropOf, runFolderOf } from './run-options.ts';

const flags: Flags = { out: { type: 'string', help: 'where to write' }, 'max-drop': { type: 'string', help: 'points' }, resume: { type: 'boolean', help: 'continue' } };

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

  it.each([
    [{ preset: 'qiuck' }, /^unknown preset "qiuck"; allowed: default, quick/],
    [{ quick: true, preset: 'long' }, /^--quick is a preset of its own; it can't be joined with --preset long$/],
    [{ epochs: 'many' }, /^--epochs expects a number, got "many"$/],
    [{ epochs: '' }, /^--epochs expects a number, got ""$/],
    [{ 'learning-rate': '1,5' }, /^--learning-rate expects a number, got "1,5"$/],
    [{ 'learning-rate': 'Infinity' }, /^setting "learningRate" expects a number, got Infinity$/],
    [{ epochs: '-3' }, /^setting "epochs" is -3; allowed: whole numbers from 1$/],
    [{ epochs: '1', 'warmup-epochs': '1' }, /^setting "warmupEpochs" is 1; allowed: from 0 to below epochs$/],
  ])('refuses %j in one line', async (values, message) => {
    expect((await errorOf(() => configurationFrom(values))).message).toMatch(message);
  });
});

describe('run options', () => {
  it('keeps runs of other settings in other folders', () => {
    const folder = (changes: object): string => runFolderOf(configurationFrom({ ...changes }));
    expect(folder({})).toBe('runs/fashion-mnist.resnet8.sld.default.seed1');
    expect(new Set([{}, { seed: '2' }, { student: 'resnet20' }, { method: 'kd' }, { preset: 'long' }, { quick: true }, { data: 'cifar10' }].map(folder)).size).toBe(7);
  });

  it('takes --max-drop where it is stated', async () => {
    expect(maxDropOf({}, 0.5)).toBe(0.5);
    expect(maxDropOf({ 'max-drop': '0' }, 0.5)).toBe(0);
    expect(maxDropOf({ 'max-drop': '1.25' }, 0.5)).toBe(1.25);
    for (const value of ['', '-1', 'much', 'NaN']) expect((await errorOf(() => maxDropOf({ 'max-drop': value }, 0.5))).message).toBe(`--max-drop expects percentage points from 0, got "${value}"`);
  });
});
