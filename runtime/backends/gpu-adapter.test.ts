import { expect, it } from 'vitest';
import { describeAdapter } from './gpu-adapter.ts';

it.each([
  [{ info: { vendor: 'google', architecture: 'swiftshader' } }, 'google swiftshader (software)', true],
  [{ info: { vendor: 'mesa', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' } }, 'mesa llvmpipe (LLVM 15.0.6, 256 bits) (software)', true],
  [{ info: { vendor: 'intel', architecture: 'gen-12lp' } }, 'intel gen-12lp', false],
  [{ info: { vendor: 'intel', isFallbackAdapter: true } }, 'intel (software)', true],
  [{ isFallbackAdapter: true }, 'unnamed adapter (software)', true],
  [{ info: { vendor: 'apple', architecture: 'metal-3', device: '', description: '' } }, 'apple metal-3', false],
])('describes %j', (adapter, description, software) => {
  expect(describeAdapter(adapter)).toEqual({ description, software });
});
