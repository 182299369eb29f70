/** ReLU and ReLU6 with their gradient in one kernel (tfjs makes three of it). */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Save, Tfjs } from '../engine.ts';
import type { WgslKernel, WebgpuBackend } from './backend.ts';
import { arrays, elementwise, grid, THREADS, tracked } from './tensors.ts';

export function createRectifier(tf: Tfjs, backend: WebgpuBackend, name: 'relu' | 'relu6'): <T extends Tensor>(x: T) => T {
  const gradient: WgslKernel = {
    key: `${name}-gradient`,
    code: () => `${arrays('dy', 'y', 'dx!')}
${elementwise('arrayLength(&y)')}
  dx[i] = select(0.0, dy[i], y[i] > 0.0${name === 'relu6' ? ' && y[i] < 6.0' : ''});
}`,
  };
  return <T extends Tensor>(x: T): T => {
    const rectified = tf.customGrad((x, save) => {
      const y = tf[name](x as Tensor);
      (save as Save)([y]);
      return {
        value: y,
        gradFunc(dy: Tensor, [y]: Tensor[]) {
          const dx = backend.allocate(y.shape);
          backend.run(gradient, [dy, y, dx], grid(Math.ceil(y.size / THREADS)));
          return tracked(tf, dx);
        },
      };
    });
    return rectified(x) as T;
  };
}
