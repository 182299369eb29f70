/**
 * e^x by additions, multiplications and divisions alone, which IEEE 754 rounds in one way, so that every engine gives the same
 * bits. `Math.exp` does not: Node 20 and Chromium differ in the last bit of some.
 */

const LOG2_E = 1.4426950408889634;
/** ln 2 in two parts (Cody and Waite 1980): the first has so few bits that its product with k is exact. */
const LN2_HIGH = 0.69314718036912381649;
const LN2_LOW = 1.90821492927058770002e-10;

/** 1/n! from n = 13 down: on |r| ≤ ln 2 / 2 what is left out of the series is below 2^-53. */
const COEFFICIENTS = Array.from({ length: 14 }, (_, i) => 1 / factorial(13 - i));

/** 2^-k, exact, down to the smallest number there is. */
const HALVES = Float64Array.from({ length: 1075 }, (_, k) => halved(k));

/** @param x at most 0. @returns within two units of the last place; 0 below -745 */
export function portableExp(x: number): number {
  const k = Math.round(x * LOG2_E);
  if (k <= -HALVES.length) return 0;
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 0;
  for (const coefficient of COEFFICIENTS) sum = sum * r + coefficient;
  return sum * HALVES[-k];
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}

function halved(times: number): number {
  let value = 1;
  for (let i = 0; i < times; i++) value /= 2;
  return value;
}
