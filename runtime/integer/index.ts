/** The integer variant of a network: its arithmetic, its programs and their reference interpreter (docs/integer-arithmetic.md). */
export * from './arithmetic.ts';
export { accumulatorBound, checkProgram } from './check-program.ts';
export { firstDifference, makeIntegerGoldens, type IntegerGoldens } from './goldens.ts';
export { createIntegerRunner, kernelOf, type IntegerRunner } from './interpreter.ts';
export { openProgram } from './plan/execute.ts';
export { INTEGER_FORMAT_VERSION, readIntegerProgram, writeIntegerProgram, type IntegerProgramFile } from './program-file.ts';
export type * from './program.ts';
export { evenSides } from './program.ts';
export { sizeOfShape } from './shape.ts';
export type { KernelThread } from './threads/kernel-thread.ts';
export { serveKernels } from './threads/serve-kernels.ts';
// Of which WebAssembly kernels are made, the integer ones and those that train.
export * from '../wasm/assembler.ts';
export { scalar, vector } from '../wasm/integers.ts';
