import { expect, it } from 'vitest';
import { assemble, constant, four, FunctionBuilder, i32, one, type Code, type FunctionBuilder as Built } from './assembler.ts';

/** Runs one function on a memory of one page; its floats afterwards. */
function run(built: Built, parameters: number[], given: number[] = []): Float32Array {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const floats = new Float32Array(memory.buffer);
  floats.set(given);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble({ built })), { host: { memory } });
  (exports.built as (...parameters: number[]) => void)(...parameters);
  return floats;
}

/** A function whose parameter `at` is an address. */
function withBody(body: (at: Code, built: Built<'at'>) => Code): Built {
  const built = new FunctionBuilder({ at: 'i32' });
  built.body = body(built.parameters.at.get, built);
  return built;
}

it.each([0, 4, 60, 64, 124, 128, 8188, 8192, 65532])('writes the constant %i as signed LEB128 and the offset as unsigned', (value) => {
  const byConstant = withBody(() => one.store(i32.constant(value), constant(1.5)));
  const byOffset = withBody(() => one.store(i32.constant(0), constant(2.5), value));
  const byDifference = withBody((at) => one.store(i32.sub(at, i32.constant(-value)), constant(3.5)));
  expect(run(byConstant, [0])[value / 4]).toBe(1.5);
  expect(run(byOffset, [0])[value / 4]).toBe(2.5);
  expect(run(byDifference, [0])[value / 4]).toBe(3.5);
});

it.each([
  [0, 0],
  [1, 1],
  [5, 5],
  [-3, 0],
])('%i times is %i turns', (count, turns) => {
  const built = withBody((at, built) => {
    const counter = built.local('i32');
    return FunctionBuilder.times(counter, i32.constant(count), one.store(at, one.add(one.load(at), constant(1))));
  });
  expect(run(built, [0])[0]).toBe(turns);
});

const arithmetic: [string, (lanes: typeof one, a: Code, b: Code) => Code, (a: number, b: number) => number][] = [
  ['add', (lanes, a, b) => lanes.add(a, b), (a, b) => a + b],
  ['sub', (lanes, a, b) => lanes.sub(a, b), (a, b) => a - b],
  ['mul', (lanes, a, b) => lanes.mul(a, b), (a, b) => a * b],
  ['div', (lanes, a, b) => lanes.div(a, b), (a, b) => a / b],
  ['min', (lanes, a, b) => lanes.min(a, b), Math.min],
  ['max', (lanes, a, b) => lanes.max(a, b), Math.max],
  ['sqrt', (lanes, a) => lanes.sqrt(a), Math.sqrt],
  ['whereGreater', (lanes, a, b) => lanes.whereGreater(a, b, lanes.spread(constant(7))), (a, b) => (a > b ? 7 : 0)],
];

it.each(arithmetic)('%s, in one lane and in four', (_name, code, expected) => {
  const [a, b] = [
    [4, 2.25, 0, 9],
    [2, 5, 0.5, NaN],
  ];
  const wanted = a.map((value, i) => Math.fround(expected(value, b[i])));
  const lone = withBody((at) => one.store(at, code(one, one.load(at), one.load(at, 16)), 32));
  expect(a.map((_, i) => run(lone, [4 * i], [...a, ...b])[8 + i])).toEqual(wanted);
  const together = withBody((at) => four.store(at, code(four, four.load(at), four.load(at, 16)), 32));
  expect([...run(together, [0], [...a, ...b]).subarray(8, 12)]).toEqual(wanted);
});

it('loads one value into four lanes', () => {
  expect([
    ...run(
      withBody((at) => four.store(at, four.loadOne(at, 4), 16)),
      [0],
      [1, 2],
    ).subarray(4, 8),
  ]).toEqual([2, 2, 2, 2]);
});

it('takes a shared memory where it is asked to, and no other', () => {
  const built = withBody(() => one.store(i32.constant(0), constant(1.5)));
  const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const module = new WebAssembly.Module(assemble({ built }, { sharedMemory: true }));
  const { exports } = new WebAssembly.Instance(module, { host: { memory: shared } });
  (exports.built as (at: number) => void)(0);
  expect(new Float32Array(shared.buffer)[0]).toBe(1.5);
  expect(() => new WebAssembly.Instance(module, { host: { memory: new WebAssembly.Memory({ initial: 1 }) } })).toThrow('no maximum');
});
