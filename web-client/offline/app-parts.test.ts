import { expect, it } from 'vitest';
import { keptParts } from './app-parts.ts';
import { memoryStores } from './memory-stores.ts';
import { neededParts } from './needed-parts.ts';

it('needs TensorFlow.js for graph models, and of a GPU and of old browsers what they alone use', () => {
  expect(neededParts(['integer'], 'wasm')).toEqual([]);
  expect(neededParts(['uint8'], 'tfjs-wasm')).toEqual(['graphs']);
  expect(neededParts(['uint8'], 'tfjs-wasm', false)).toEqual(['graphs', 'graphsWithoutSimd']);
  expect(neededParts(['integer', 'uint8'], 'tfjs-webgpu')).toEqual(['graphs', 'graphsOnGpu']);
  expect(neededParts(['integer'], 'webgpu')).toEqual(['webgpu']);
  expect(neededParts(['integer'], 'wasm-scalar', false)).toEqual([]);
});

it('keeps what an earlier version of the app keeps', async () => {
  const stores = memoryStores();
  expect(await keptParts('app:', stores)).toEqual([]);
  await (await stores.open('app:1')).put('https://h/assets/worker.js', new Response('a'));
  await (await stores.open('model:m@1')).put('https://h/assets/tfjs/a.js', new Response('a'));
  expect(await keptParts('app:', stores)).toEqual([]);
  await (await stores.open('app:1')).put('https://h/assets/webgpu/a.js', new Response('a'));
  expect(await keptParts('app:', stores)).toEqual(['webgpu']);
  await (await stores.open('app:2')).put('https://h/assets/tfjs/a.js', new Response('a'));
  expect(await keptParts('app:', stores)).toEqual(['graphs', 'webgpu']);
});
