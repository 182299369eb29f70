import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { PickleReader } from './pickle-reader.ts';
import { readPickle, type PickleGlobal } from './pickle.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const read = (text: string, globals: Record<string, PickleGlobal> = {}): unknown =>
  readPickle(new PickleReader(bytes(text)), {
    global: (name) => (Object.hasOwn(globals, name) ? globals[name] : undefined),
    persistent: (id) => ({ id }),
  });
const refusal = async (text: string): Promise<string> => (await errorOf(() => read(text))).message;

describe('pickles', () => {
  // What Python's pickle.dumps gives, by hand from Lib/pickletools.py.
  it.each<[what: string, pickle: string, value: unknown]>([
    ['None', 'N.', null],
    ['booleans', '\x80\x02\x88\x89\x86.', [true, false]],
    ['booleans of protocol 0', '(I01\nI00\nt.', [true, false]],
    ['small whole numbers', '\x80\x02(K\xffM\x00\x01J\xff\xff\xff\xfft.', [255, 256, -1]],
    ['a whole number in text', 'L-12345678901L\n.', -12345678901],
    [
      'long whole numbers',
      '\x80\x02(\x8a\x02\x00\x80\x8a\x00\x8b\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01t.',
      [-32768, 0, 2n ** 64n],
    ],
    ['floats', '\x80\x02G\xbf\xf8\x00\x00\x00\x00\x00\x00F2.5\n\x86.', [-1.5, 2.5]],
    ['texts', "\x80\x02(X\x02\x00\x00\x00\xc3\xbcU\x01aS'b'\nVc\n\x8c\x01dt.", ['ü', 'a', 'b', 'c', 'd']],
    ['bytes', '\x80\x03C\x02\x00\xff.', Uint8Array.of(0, 255)],
    ['lists in every way', '\x80\x02](K\x01K\x02eK\x03a(K\x04l\x86.', [[1, 2, 3], [4]]],
    ['tuples in every way', '\x80\x02()K\x01\x85K\x02K\x03\x86K\x04K\x05K\x06\x87t.', [[], [1], [2, 3], [4, 5, 6]]],
    [
      'dictionaries in every way',
      '\x80\x02}K\x01K\x02s(K\x03K\x04u(K\x05K\x06d\x86.',
      [
        new Map([
          [1, 2],
          [3, 4],
        ]),
        new Map([[5, 6]]),
      ],
    ],
    ['sets', '\x80\x04\x8f(K\x01K\x02\x90(K\x03\x91\x86.', [new Set([1, 2]), new Set([3])]],
    ['the memo in every way', '\x80\x02(K\x07q\x00h\x000h\x00r\x01\x00\x00\x00j\x01\x00\x00\x00p2\ng2\nt.', [7, 7, 7, 7]],
    ['values taken off', '\x80\x02K\x01K\x020(K\x03K\x041.', 1],
    ['a value twice', '\x80\x02K\x012\x86.', [1, 1]],
    ['frames', '\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00K\x05.', 5],
    ['references outside', '\x80\x02K\x09Q.', { id: 9 }],
  ])('read %s', (_what, pickle, value) => {
    expect(read(pickle)).toEqual(value);
  });

  it('share what they hold twice', () => {
    const [first, second] = read('\x80\x04]\x94h\x00\x86.') as unknown[][];
    expect(first).toBe(second);
  });

  it('call what the table gives a meaning, with arguments, and nothing else', () => {
    const sum: PickleGlobal = { call: (args) => (args as number[]).reduce((a, b) => a + b, 0) };
    expect(read('\x80\x02cmath\nadd\nK\x02K\x03\x86R.', { 'math.add': sum })).toBe(5);
    expect(read('\x80\x04\x8c\x04math\x8c\x03add\x93K\x04\x85\x81.', { 'math.add': sum })).toBe(4);
  });

  it.each<[what: string, pickle: string, reason: RegExp]>([
    [
      'a shell command',
      "cos\nsystem\n(S'touch /tmp/x'\ntR.",
      /names os\.system, which is not among what a file of tensors may name; nothing of it was run/,
    ],
    ['a shell command by the other name', '\x80\x04\x8c\x05posix\x8c\x06system\x93.', /names posix\.system/],
    ['eval', 'c__builtin__\neval\n(S"1"\ntR.', /names __builtin__\.eval/],
    [
      'a name with dots',
      '\x80\x04\x8c\x0bcollections\x8c\x20OrderedDict.__init__.__globals__\x93.',
      /names collections\.OrderedDict\.__init__\.__globals__, /,
    ],
    ["a name of JavaScript's", 'c__proto__\nconstructor\n.', /names __proto__\.constructor/],
    ['a name with commands for terminals', 'c\x1b[31m\nx\n.', /names \?\[31m\.x,/],
    ['instances of old classes', '(ios\nsystem\n.', /the instruction 0x69, which no checkpoint needs/],
    ['extension codes', '\x82\x01.', /the instruction 0x82/],
    ['buffers from outside', '\x97.', /the instruction 0x97/],
    ['another protocol', '\x80\x06N.', /of protocol 6; protocols up to 5 are read/],
    ['no end', '\x80\x02K\x01', /ends early: 1 bytes expected, 0 left/],
    ['a text of four gigabytes', 'X\xff\xff\xff\xffa.', /ends early: 4294967295 bytes expected, 2 left/],
    ['bytes of exabytes', '\x8e\xff\xff\xff\xff\xff\xff\xff\x7fa.', /ends early: 9223372036854775807|ends early: 9223372036854776000/],
    ['a text of negative length', 'T\xff\xff\xff\xffa.', /ends early: -1 bytes expected/],
    ['a whole number of gigabytes', '\x8b\xff\xff\xff\x7f', /a whole number of 2147483647 bytes; up to 64 are read/],
    ['a line without an end', 'I123', /a line without an end/],
    ['a number that is none', 'Iabc\n.', /"abc" where a whole number is due/],
    ['an empty stack', '.', /takes a value where there is none/],
    ['a mark for a value', '(.', /takes a value where there is a mark/],
    ['a mark that was not set', 't.', /goes back to a mark that it did not set/],
    ['a memo that was not kept', 'h\x05.', /recalls value 5, which it never kept/],
    ['values left behind', 'K\x01K\x02.', /leaves values behind/],
    ['items of a number', 'K\x01K\x02K\x03s.', /sets items of what is no dictionary/],
    ['an odd number of items', '}(K\x01u.', /sets items of what is no dictionary/],
    ['appending to a number', 'K\x01K\x02a.', /appends to what is no list/],
    ['calling a number', 'K\x01)R.', /calls what can't be called/],
    ['attributes of a number', 'K\x01}b.', /sets attributes of what has none/],
  ])('refuse %s', async (_what, pickle, reason) => {
    expect(await refusal(pickle)).toMatch(reason);
  });

  it('nest as deep as a file is long without a stack overflow', () => {
    let depth = 0;
    for (let at = read(`${']'.repeat(100_000)}${'a'.repeat(99_999)}.`) as unknown[]; at; at = at[0] as unknown[]) depth++;
    expect(depth).toBe(100_000);
  });

  it('refuse copies of copies that would fill the memory', async () => {
    const copy: PickleGlobal = { call: ([list]) => [...(list as unknown[])] };
    const pickle = `](${'N'.repeat(10_000)}eq\x00${'cx\ncopy\nh\x00\x85R'.repeat(1000)}.`;
    expect((await errorOf(() => read(pickle, { 'x.copy': copy }))).message).toMatch(/makes more than 8,000,000 values/);
  });

  it('refuse more values than any checkpoint has', async () => {
    expect(await refusal(`${'N'.repeat(8_000_001)}.`)).toMatch(/makes more than 8,000,000 values/);
  });
});
