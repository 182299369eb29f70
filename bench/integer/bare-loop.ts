import { assemble, FunctionBuilder, i32, vector } from '@sld-edge/runtime/integer';

const SUMS = 8;
const MULTIPLY_ADDS_OF_DOT = 8;
const TURNS = 200_000;

/**
 * Times dot products of registers alone (`i32x4.dot_i16x8_s` and an addition), eight sums at a time: what no kernel can exceed.
 * @returns a function that runs it once, and gives 10^9 multiplications with their additions a second
 */
export function bareLoop(): () => number {
  const loop = new FunctionBuilder({ turns: 'i32' });
  const sums = Array.from({ length: SUMS }, () => loop.local('v128'));
  const pixels = Array.from({ length: 4 }, () => loop.local('v128'));
  const weights = Array.from({ length: 2 }, () => loop.local('v128'));
  loop.body = [
    // Pixels that the compiler does not know: of equal ones it would compute one product for all.
    ...pixels.flatMap((pixel, i) => pixel.set(vector.load(i32.constant(16 * i)))),
    ...FunctionBuilder.times(loop.local('i32'), loop.parameters.turns.get, [
      // Other weights every turn, or the product would be computed once.
      ...weights.flatMap((value) => value.set(vector.add32(value.get, pixels[0].get))),
      ...sums.flatMap((sum, i) => sum.set(vector.add32(sum.get, vector.dot16(pixels[i % 4].get, weights[i >> 2].get)))),
    ]),
    ...sums.flatMap((sum) => vector.store(i32.constant(0), sum.get)),
  ];
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble({ loop })), {
    host: { memory: new WebAssembly.Memory({ initial: 1 }) },
  });
  return () => {
    const started = performance.now();
    (exports.loop as (turns: number) => void)(TURNS);
    return (TURNS * SUMS * MULTIPLY_ADDS_OF_DOT) / (performance.now() - started) / 1e6;
  };
}
