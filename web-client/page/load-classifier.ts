import { Classifier, type LoadOptions } from '@sld-edge/runtime';
import scalarBinary from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdBinary from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { earlierIndex } from '../offline/registration.ts';

/**
 * Loads a classifier of the page's packages.
 *
 * @param folder of the page, with a trailing slash
 * @throws AppError as `Classifier.load`
 */
export function loadClassifier(folder: string, options: LoadOptions): Promise<Classifier> {
  return Classifier.load(new URL('models/index.json', folder), {
    ...options,
    earlierIndex: earlierIndex(),
    tfjsWasmPaths: {
      'tfjs-backend-wasm.wasm': scalarBinary,
      'tfjs-backend-wasm-simd.wasm': simdBinary,
      // The library wants three entries; with one thread this one is never fetched.
      'tfjs-backend-wasm-threaded-simd.wasm': simdBinary,
    },
  });
}
