import type { GraphBackend } from '../backends/backend.ts';
import { tfjsWasm } from './tfjs-wasm.ts';

/** One golden alone three times, three at once, one alone three times: executions in a first check of the fixture on a GPU. */
export const EXECUTIONS_PER_CHECK = 3 + 1 + 3;

export interface FaultyBackend extends GraphBackend {
  /** Graphs that were disposed of. */
  disposals(): number;
}

/**
 * A backend called tfjs-webgpu, on a GPU, that computes on tfjs-wasm and has a fault.
 *
 * @param fault called at each execution, counted from 0, with the right logits: it changes them or throws
 */
export function faultyBackend(fault: (nth: number, logits: Float32Array) => void): FaultyBackend {
  let executions = 0;
  let disposals = 0;
  return {
    ...tfjsWasm,
    name: 'tfjs-webgpu',
    reference: false,
    device: 'gpu',
    disposals: () => disposals,
    async loadGraph(modelJson, weights) {
      const graph = await tfjsWasm.loadGraph(modelJson, weights);
      return {
        async execute(input, shape) {
          const logits = await graph.execute(input, shape);
          fault(executions++, logits);
          return logits;
        },
        dispose() {
          disposals++;
          graph.dispose();
        },
      };
    },
  };
}

/** Adds `error` to a logit from the n-th execution on. */
export const wrongBackend = (error: number, from = 0): FaultyBackend =>
  faultyBackend((nth, logits) => {
    if (nth >= from) logits[0] += error;
  });
