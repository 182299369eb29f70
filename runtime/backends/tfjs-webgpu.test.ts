import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTfjsWebgpuBackend } from './tfjs-webgpu.ts';

afterEach(() => vi.unstubAllGlobals());

describe('tfjs-webgpu backend', () => {
  it('is unavailable without navigator.gpu', async () => {
    vi.stubGlobal('navigator', {});
    await expect(createTfjsWebgpuBackend().init()).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      details: { backend: 'tfjs-webgpu', reason: 'this browser has no WebGPU here' },
    });
  });

  it('is unavailable when there is no adapter', async () => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => null } });
    await expect(createTfjsWebgpuBackend().init()).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      details: { reason: 'the browser offers no WebGPU adapter' },
    });
  });

  it('says why when the adapter is refused', async () => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => Promise.reject(new Error('blocked')) } });
    await expect(createTfjsWebgpuBackend().init()).rejects.toMatchObject({
      details: { reason: 'the browser refused a WebGPU adapter: blocked' },
    });
  });
});
