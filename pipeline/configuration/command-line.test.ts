import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import type { SettingTable } from '../support/setting.ts';
import { UsageError } from '../support/usage-error.ts';
import { number, oneName, optional, path, toggle, whole } from '../support/value.ts';
import { jsonSetting, parseLine } from './command-line.ts';
import { helpText } from './help.ts';

const own = { group: 'run', decides: 'nothing' } as const;
const settings = {
  out: { ...own, ...path(''), help: 'where to write', required: 'FILE' },
  maxDrop: { ...own, ...number(0.5, { from: 0 }), help: 'what it may cost', unit: 'points', group: 'package' },
  images: { ...own, ...optional(whole(1, { from: 1 })), help: 'how many', defaultText: 'all' },
  target: { ...own, ...oneName('local', ['local', 'static']), help: 'where to' },
  port: {
    ...own,
    ...whole(8080, { from: 1 }),
    help: 'where it listens',
    unused: ({ target }) => (target === 'local' ? undefined : '--target is static'),
  },
  keep: { ...own, ...toggle(true), help: 'nothing is thrown away' },
} as const satisfies SettingTable;

describe('parseLine', () => {
  it('reads what is given, and has the defaults of the rest', () => {
    const line = parseLine('x', { settings }, ['--out', 'a b', '--max-drop=1']);
    expect(line.given).toEqual({ out: 'a b', maxDrop: 1 });
    expect(line.values).toEqual({ out: 'a b', maxDrop: 1, images: undefined, target: 'local', port: 8080, keep: true });
    expect(line).toMatchObject({ json: false, help: false, typed: ['--out', 'a b', '--max-drop=1'] });
    expect(parseLine('x', { settings: jsonSetting }, ['--json']).json).toBe(true);
    expect(parseLine('x', { settings }, ['--out', 'a', '--no-keep', '--images', '3']).values).toMatchObject({ keep: false, images: 3 });
  });

  it('reads what stands without a flag by its name, and demands all of it', async () => {
    const command = { settings: {}, positionals: ['A', 'B'] };
    expect(parseLine('x', command, ['one', 'two']).positionals).toEqual({ A: 'one', B: 'two' });
    expect((await errorOf(() => parseLine('x', command, ['one']))).message).toBe('x expects A B, got one');
    expect((await errorOf(() => parseLine('x', command, ['one', 'two', 'three']))).message).toBe('x expects A B, got one two three');
  });

  it('asks for nothing where help is wanted', () => {
    expect(parseLine('x', { settings, positionals: ['A'] }, ['--help']).help).toBe(true);
  });

  it.each([
    ['an unknown flag', ['--outt', 'x'], /^x has no flag --outt; did you mean out\?; npm run x -- --help all lists its flags$/],
    ['an unknown flag like no other', ['--something'], /^x has no flag --something; npm run x -- --help all lists its flags$/],
    ['a setting that is no switch, switched off', ['--no-out'], /^x has no flag --no-out/],
    ['a missing value', ['--out'], /^x: .*--out/],
    ['a value for a switch', ['--out', 'x', '--keep=yes'], /^x: .*--keep/],
    ['an argument that is no flag', ['stray'], /^x: .*stray/],
    ['another flag where a value belongs', ['--out', '--keep'], /^x: .*--out/],
    ['what is required and not there', [], /^x expects --out FILE$/],
    ['an empty path', ['--out', ''], /^--out expects a path, got ""$/],
    ['a number out of its range', ['--out', 'x', '--max-drop', '-1'], /^x: .*--max-drop/],
    ['a number that is none', ['--out', 'x', '--max-drop=-1'], /^--max-drop expects a number from 0, got "-1"$/],
    ['a setting without effect', ['--out', 'x', '--target', 'static', '--port', '80'], /^--port has no effect: --target is static$/],
    [
      'a name that is nearly one',
      ['--out', 'x', '--target', 'statik'],
      /^--target expects one of local, static, got "statik"; did you mean static\?$/,
    ],
  ])('refuses %s in one line', async (_what, args, message) => {
    const error = await errorOf(() => parseLine('x', { settings }, args));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(message);
  });
});

describe('helpText', () => {
  it('lists the settings in groups with meaning, unit and default', () => {
    expect(helpText('quantize', { summary: 'Does it.', settings }, false)).toBe(
      [
        'npm run quantize -- [flags]',
        '',
        'Does it.',
        '',
        'quantization and package:',
        '  --max-drop  what it may cost (points; default 0.5)',
        '',
        'this run:',
        '  --out       where to write',
        '  --images    how many (default all)',
        '  --target    where to (default local)',
        '  --port      where it listens (default 8080)',
        '  --no-keep   nothing is thrown away',
        '  --help      print this; --help all prints every setting',
      ].join('\n'),
    );
  });

  it('shows the first settings of a long table, and all where that is asked for', () => {
    const many = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [
        `setting${String.fromCharCode(65 + i)}x`,
        { ...own, ...whole(i, { from: 0 }), help: `number ${i}`, ...(i < 3 && { isFirst: true as const }) },
      ]),
    );
    const short = helpText('x', { summary: 'Does it.', settings: many }, false);
    expect(short.match(/^ {2}--/gm)).toHaveLength(4);
    expect(short).toMatch(/\n27 more: npm run x -- --help all$/);
    expect(helpText('x', { summary: 'Does it.', settings: many }, true).match(/^ {2}--/gm)).toHaveLength(31);
  });

  it('of two words says what stands without a flag', () => {
    expect(helpText('package diff', { summary: 'Does it.', settings: {}, positionals: ['A', 'B'] }, false)).toMatch(
      /^npm run package -- diff A B \[flags\]\n/,
    );
  });
});
