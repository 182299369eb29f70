/** The backend that computes an integer program here: the kernels, which give the interpreter's integers many times faster. */
import { createIntegerWasmBackend, createInterpreterBackend, type ProgramBackend } from '@sld-edge/runtime';
import type { IntegerProgram } from '@sld-edge/runtime/integer';
import { say } from '../support/say.ts';

export type ProgramBackendName = 'wasm' | 'interpreter';

export const programBackend = (name: ProgramBackendName): ProgramBackend =>
  name === 'wasm' ? createIntegerWasmBackend(name) : createInterpreterBackend();

/** `wasm`; where this engine doesn't allow it the interpreter, and a line says why. */
export async function programBackendFor(program: IntegerProgram): Promise<ProgramBackendName> {
  try {
    (await programBackend('wasm').loadProgram(program)).dispose();
    return 'wasm';
  } catch (error) {
    say(`${program.name} is computed by the interpreter, slowly: ${(error as Error).message}`);
    return 'interpreter';
  }
}
