/** Breaks a step's time down: every kernel of tfjs's WASM backend is timed, without what it calls itself. */
import type { Tfjs } from '../../pipeline/engines/engine.ts';

export interface KernelTimes {
  /** Milliseconds by kernel, since the last reset. */
  ms: Map<string, number>;
  reset(): void;
}

/** Puts a clock around each kernel that is registered now, for good. */
export function timeKernels(tf: Tfjs): KernelTimes {
  const ms = new Map<string, number>();
  /** Time of the kernels that each running kernel has called, in ms. */
  const inner: number[] = [];
  for (const config of tf.getKernelsForBackend('wasm')) {
    const { kernelName, kernelFunc } = config;
    config.kernelFunc = (parameters) => {
      inner.push(0);
      const began = performance.now();
      try {
        return kernelFunc(parameters);
      } finally {
        const took = performance.now() - began;
        ms.set(kernelName, (ms.get(kernelName) ?? 0) + took - inner.pop()!);
        if (inner.length > 0) inner[inner.length - 1] += took;
      }
    };
  }
  return { ms, reset: () => ms.clear() };
}
