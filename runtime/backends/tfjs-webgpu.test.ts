import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTfjsWebgpuBackend, describeAdapter } from './tfjs-webgpu.ts';

afterEach(() => vi.unstubAllGlobals());

describe('tfjs-webgpu backend', () => {
  it('is unavailable without navigator.gpu', async () => {
    vi.stubGlobal('navigator', {});
    await expect(createTfjsWebgpuBackend().init()).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      details: { backend: 'tfjs-webgpu', reason: 'this browser has no WebGPU' },
    });
  });

  it('is unavailable when there is no adapter', async () => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => null } });
    await expect(createTfjsWebgpuBackend().init()).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      details: { reason: 'the browser offers no GPU adapter' },
    });
  });

  it('says why when the adapter is refused', async () => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => Promise.reject(new Error('blocked')) } });
    await expect(createTfjsWebgpuBackend().init()).rejects.toMatchObject({ details: { reason: 'Error: blocked' } });
  });
});

describe('describeAdapter', () => {
  it('calls a software adapter one, by its flag or by its name', () => {
    expect(describeAdapter({ info: { vendor: 'nvidia', architecture: 'ampere' } })).toBe('WebGPU on nvidia ampere');
    expect(describeAdapter({ info: { vendor: 'google', architecture: 'swiftshader' } })).toContain('in software');
    expect(describeAdapter({ info: { vendor: 'x', isFallbackAdapter: true } })).toContain('in software');
    expect(describeAdapter({})).toBe('WebGPU on an unnamed adapter');
  });
});
