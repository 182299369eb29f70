import { createRequire } from 'node:module';
import { TENSORFLOW_VERSION } from './wheels.ts';

/** N-API version that the binding is compiled for; every Node that we support offers it. */
export const NAPI_VERSION = 8;

/** Version of the installed `@tensorflow/tfjs-node-gpu`, whose binding is built. */
export function tfjsNodeVersion(): string {
  const require = createRequire(import.meta.url);
  return (require('@tensorflow/tfjs-node-gpu/package.json') as { version: string }).version;
}

/** Everything the built engine depends on, as a folder name: another version of any part is another folder. */
export function engineKey(device: 'cpu' | 'cuda', localWheelId = ''): string {
  const parts = [
    'tensorflow',
    TENSORFLOW_VERSION,
    process.platform,
    process.arch,
    device,
    `tfjs${tfjsNodeVersion()}`,
    `napi${NAPI_VERSION}`,
  ];
  return [...parts, ...(localWheelId ? [`local${localWheelId}`] : [])].join('-');
}
