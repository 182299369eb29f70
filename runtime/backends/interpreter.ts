import { programPart } from '../errors/program-part.ts';
import type { ProgramBackend } from './backend.ts';

/** The reference interpreter of the integer variant (docs/integer-arithmetic.md): plain TypeScript, on one thread, everywhere. */
export function createInterpreterBackend(): ProgramBackend {
  return {
    name: 'interpreter',
    formats: ['sld-edge-integer'],
    reference: true,
    device: 'processor',
    init: async () => undefined,
    description: () => 'integers in TypeScript, 1 thread (the reference interpreter)',
    async loadProgram(program) {
      // Imported when wanted: few pages need it.
      const { createIntegerRunner } = await programPart('the integer interpreter', import('../integer/interpreter.ts'));
      const runner = createIntegerRunner(program);
      return { integerLogits: async (pixels) => runner.integerLogits(pixels), activations: runner.activations, dispose: () => undefined };
    },
  };
}
