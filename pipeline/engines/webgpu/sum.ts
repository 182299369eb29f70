/** A sum and its ReLU or ReLU6 in one kernel of tfjs's registry: frozen residual networks (`networks/operations/add.ts`) use it where the backend has it. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engine.ts';
import type { WgslKernel, WebgpuBackend } from './backend.ts';
import { arrays, elementwise, grid, THREADS } from './tensors.ts';

const KERNEL = 'AddActivated';

const kernelOf = (activation: 'relu' | 'relu6'): WgslKernel => ({
  key: `sum/${activation}`,
  code: () => `${arrays('a', 'b', 'y!')}
${elementwise('arrayLength(&y)')}
  y[i] = ${activation === 'relu' ? 'max(a[i] + b[i], 0.0)' : 'clamp(a[i] + b[i], 0.0, 6.0)'};
}`,
});

/** Registers `AddActivated` for the backend `webgpu`, once. */
export function registerSum(tf: Tfjs): void {
  if (tf.getKernel(KERNEL, 'webgpu')) return;
  tf.registerKernel({
    kernelName: KERNEL,
    backendName: 'webgpu',
    kernelFunc({ inputs, backend, attrs }) {
      const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
      const y = (backend as WebgpuBackend).allocate(a.shape);
      const size = a.shape.reduce((product, length) => product * length, 1);
      (backend as WebgpuBackend).run(
        kernelOf((attrs as unknown as { activation: 'relu' | 'relu6' }).activation),
        [a, b, y],
        grid(Math.ceil(size / THREADS)),
      );
      return y;
    },
  });
}
