import { describe, expect, it } from 'vitest';
import type { IntegerProgram } from '../integer/program.ts';
import { chooseCandidates, LARGE_PROGRAM } from './candidates.ts';

const gpu = { description: 'nvidia ampere', software: false };

it('tries WebGPU first on a hardware adapter', () => {
  expect(chooseCandidates(gpu, undefined, [], 'm@1', 'uint8')).toEqual({ backends: ['tfjs-webgpu', 'tfjs-wasm'], rejected: [] });
});

it('passes over a software adapter with the reason', () => {
  const { backends, rejected } = chooseCandidates({ description: 'swiftshader (software)', software: true }, undefined, [], 'm@1', 'uint8');
  expect(backends).toEqual(['tfjs-wasm']);
  expect(rejected).toEqual([{ backend: 'tfjs-webgpu', reason: 'swiftshader (software) computes on the CPU, slower than WebAssembly' }]);
});

it('passes over a missing adapter with the reason', () => {
  const { backends, rejected } = chooseCandidates({ missing: 'no WebGPU here' }, undefined, [], 'm@1', 'uint8');
  expect(backends).toEqual(['tfjs-wasm']);
  expect(rejected).toEqual([{ backend: 'tfjs-webgpu', reason: 'no WebGPU here' }]);
});

it('distrusts an adapter only for the package with which it failed', () => {
  const distrusted = [{ adapter: 'nvidia ampere', model: 'm@1', reason: 'off by 3' }];
  expect(chooseCandidates(gpu, undefined, distrusted, 'm@1', 'uint8').backends).toEqual(['tfjs-wasm']);
  expect(chooseCandidates(gpu, undefined, distrusted, 'm@1', 'uint8').rejected[0].reason).toContain('off by 3');
  expect(chooseCandidates(gpu, undefined, distrusted, 'm@2', 'uint8').backends).toEqual(['tfjs-webgpu', 'tfjs-wasm']);
});

it('adds nothing to what was asked for by name', () => {
  const missing = { missing: 'no WebGPU here' };
  expect(chooseCandidates(missing, ['tfjs-webgpu'], [], 'm@1', 'uint8')).toEqual({ backends: ['tfjs-webgpu'], rejected: [] });
});

it('computes the integer variant by the integer kernels, else by the interpreter, and otherwise only by what was asked for', () => {
  expect(chooseCandidates(gpu, undefined, [], 'm@1', 'integer')).toEqual({
    backends: [['wasm', 'wasm-relaxed'], 'wasm-scalar', 'interpreter'],
    rejected: [],
  });
  expect(chooseCandidates(gpu, ['tfjs-webgpu'], [], 'm@1', 'integer').backends).toEqual(['tfjs-webgpu']);
});

describe('a large integer program', () => {
  /** One convolution of 100 pixels. */
  const programOf = (weights: number): IntegerProgram =>
    ({ nodes: [{ op: 'convolution', shape: [10, 10, 8], weights: new Int8Array(weights) }] }) as unknown as IntegerProgram;
  const large = programOf(LARGE_PROGRAM / 100);
  const withoutGpu = [['wasm', 'wasm-relaxed'], 'wasm-scalar', 'interpreter'];
  const choose = (
    adapter: Parameters<typeof chooseCandidates>[0],
    program = large,
    distrusted: Parameters<typeof chooseCandidates>[2] = [],
  ) => chooseCandidates(adapter, undefined, distrusted, 'm@1', 'integer', program);

  it('has a GPU timed beside the other kernels', () => {
    expect(choose(gpu)).toEqual({ backends: [['wasm', 'wasm-relaxed', 'webgpu'], 'wasm-scalar', 'interpreter'], rejected: [] });
  });

  it('and a smaller one has not', () => {
    expect(choose(gpu, programOf(LARGE_PROGRAM / 100 - 1))).toEqual({ backends: withoutGpu, rejected: [] });
  });

  it('never has a software adapter, none, or one that answered wrongly before', () => {
    const software = choose({ description: 'swiftshader (software)', software: true });
    expect(software).toEqual({
      backends: withoutGpu,
      rejected: [{ backend: 'webgpu', reason: 'swiftshader (software) computes on the CPU, slower than WebAssembly' }],
    });
    expect(choose({ missing: 'no WebGPU here' })).toMatchObject({ backends: withoutGpu, rejected: [{ reason: 'no WebGPU here' }] });
    const distrusted = [{ adapter: 'nvidia ampere', model: 'm@1', reason: 'off by 3' }];
    expect(choose(gpu, large, distrusted).backends).toEqual(withoutGpu);
  });
});
