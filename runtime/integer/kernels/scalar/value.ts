/** One activation: the one rounding (docs/integer-arithmetic.md), its clamp, a sum of two, for engines without SIMD. */
import { i32, type Code, type Local } from '../../../wasm/assembler.ts';
import { scalar } from '../../../wasm/integers.ts';
import { statements } from '../kernel-builder.ts';
import { halves, type Clamp, type KernelRounding, type Sum } from '../requantize.ts';

/** `halves` of one number. */
export const halvesOfOne: KernelRounding = {
  ...halves,
  round: (accumulator, constant, half) =>
    scalar.upperHalf(scalar.addLong(scalar.multiplyLong(scalar.toLong(accumulator), scalar.toLong(constant)), half)),
  shifted: scalar.shiftRight,
};

/** Puts the value within [low, high] into a local. */
export const setClamped = (into: Local, value: Code, { low, high }: Clamp): Code =>
  statements(into.set(value), into.set(scalar.max(into.get, low)), into.set(scalar.min(into.get, high)));

/** Puts clamp(R(into · f₁ + other · f₂ + offset, 1, shift)) into the local that holds the first summand. @param sum its fields as they lie */
export function addScaledOne({ shifted }: KernelRounding, into: Local, other: Code, { factors, offset, shift, clamp }: Sum): Code {
  const lower = scalar.shiftRight(i32.shiftLeft(factors, 16), i32.constant(16));
  const upper = scalar.shiftRight(factors, i32.constant(16));
  const scaled = i32.add(i32.add(i32.mul(into.get, lower), i32.mul(other, upper)), offset);
  return setClamped(into, shifted(scaled, shift), clamp);
}
