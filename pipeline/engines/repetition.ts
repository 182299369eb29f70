/**
 * A computation made again by its ops alone where the engine can (`Engine.trace`). The first two times that it is asked for
 * it runs as ever and is traced; where both did the same but for the inputs, further ones are repetitions. What differs
 * otherwise from time to time (dropout, values read back) shows in the traces, and nothing is repeated.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine, Trace, TraceInput } from './engine.ts';

export interface Repetition {
  /**
   * @param kind another one than the last time's is another computation: what is kept of the last one is freed
   * @param inputs arrays that it uploads, themselves and not copies
   * @param compute the computation; not called where it is repeated
   * @returns its outputs; whoever gets them disposes them
   */
  run(kind: string, inputs: readonly TraceInput[], compute: () => Tensor[]): Tensor[];
  /** Frees what it keeps. */
  dispose(): void;
}

/** @param persistent tensors from before that the computation reads, whose values may change in between */
export function createRepetition({ trace }: Pick<Engine, 'trace'>, persistent: readonly Tensor[]): Repetition {
  if (!trace) return { run: (_kind, _inputs, compute) => compute(), dispose() {} };
  let known = '';
  let first: Trace | undefined;
  let repeated: Trace | undefined;
  let givenUp = false;

  function dispose(): void {
    repeated?.dispose();
    first = undefined;
    repeated = undefined;
    givenUp = false;
  }

  return {
    run(kind, inputs, compute) {
      if (kind !== known) {
        dispose();
        known = kind;
      }
      if (repeated) return repeated.run(inputs);
      if (givenUp) return compute();
      const { outputs, trace: made } = trace(inputs, persistent, compute);
      if (made && first?.sameAs(made)) repeated = first;
      else if (!made || first) givenUp = true;
      else first = made;
      return outputs;
    },
    dispose,
  };
}
