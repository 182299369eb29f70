import { afterEach, describe, expect, it, vi } from 'vitest';
import { softwareWebgpu } from '../../pipeline/testing/software-webgpu.ts';
import { createClassifier } from '../classifier/classifier.ts';
import { createDemotingClassifier } from '../classifier/demotion.ts';
import { loadPackage, type LoadedPackage } from '../package/load.ts';
import { createFixturePackage, readFixture } from '../testing/fixture-package.ts';
import { describeIntegerConformance } from '../testing/integer-conformance.ts';
import { createIntegerWebgpuBackend } from './integer-webgpu.ts';
import { createInterpreterBackend } from './interpreter.ts';

const { missing, gpu } = await softwareWebgpu();
if (gpu) {
  describeIntegerConformance('webgpu', () => createIntegerWebgpuBackend({ gpu }));
  describeIntegerConformance('webgpu without packed dot products', () => createIntegerWebgpuBackend({ gpu, packedDot: false }));
} else it.skip(`integers on webgpu${missing}`, () => undefined);

afterEach(() => vi.unstubAllGlobals());

describe('the webgpu backend', () => {
  it.each([
    [{}, 'this browser has no WebGPU here'],
    [{ gpu: { requestAdapter: async () => null } }, 'the browser offers no WebGPU adapter'],
    [{ gpu: { requestAdapter: async () => Promise.reject(new Error('blocked')) } }, 'the browser refused a WebGPU adapter: blocked'],
  ])('is unavailable with a reason: %#', async (navigator, reason) => {
    vi.stubGlobal('navigator', navigator);
    await expect(createIntegerWebgpuBackend().init()).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      details: { backend: 'webgpu', reason },
    });
  });

  it('is unavailable where no device is made', async () => {
    const adapter = { limits: {}, info: { vendor: 'v' }, requestDevice: async () => Promise.reject(new Error('too many\ndevices')) };
    const gpu = { requestAdapter: async () => adapter, wgslLanguageFeatures: new Set() } as unknown as GPU;
    await expect(createIntegerWebgpuBackend({ gpu }).init()).rejects.toMatchObject({
      details: { reason: 'the GPU device cannot be created (too many)' },
    });
  });
});

/** Dawn with devices that `change` changes when they are made. */
function changedGpu(change: (device: GPUDevice) => void): GPU {
  return {
    wgslLanguageFeatures: gpu!.wgslLanguageFeatures,
    requestAdapter: async (options: GPURequestAdapterOptions) => {
      const adapter = (await gpu!.requestAdapter(options))!;
      const requestDevice = adapter.requestDevice.bind(adapter);
      adapter.requestDevice = async (descriptor) => {
        const device = await requestDevice(descriptor);
        change(device);
        return device;
      };
      return adapter;
    },
  } as unknown as GPU;
}

const withShaders = (changed: (code: string) => string): GPU =>
  changedGpu((device) => {
    const create = device.createShaderModule.bind(device);
    device.createShaderModule = ({ code, ...rest }) => create({ ...rest, code: changed(code) });
  });

describe.skipIf(missing !== '')(`a GPU that is wrong${missing}`, () => {
  const load = async (): Promise<LoadedPackage> =>
    loadPackage(readFixture(await createFixturePackage({ integer: true })), { variant: 'integer' });

  it('in one lane: the self-test finds it', async () => {
    const backend = createIntegerWebgpuBackend({ gpu: withShaders((code) => code.replace('| bytes.y |', '| (bytes.y ^ 4096u) |')) });
    await expect(backend.init()).rejects.toThrow(/its kernels fail their self-test: .+ -?\d+, expected -?\d+/);
  });

  it('in a kernel that does not compile: the self-test says so', async () => {
    const backend = createIntegerWebgpuBackend({ gpu: withShaders((code) => code.replace('let thread =', 'let thread')) });
    await expect(backend.init()).rejects.toThrow('its self-test cannot be computed (');
  });

  it('at one shape that the self-test does not have: goldens find it', async () => {
    const wrong = withShaders((code) =>
      code.replace('let scaled = ', 'let scaled = select(0, 60000, p.kernelRows == 4 && p.kernelColumns == 4) + '),
    );
    const backend = createIntegerWebgpuBackend({ gpu: wrong });
    await backend.init();
    await expect(createClassifier(await load(), backend)).rejects.toMatchObject({ code: 'BACKEND_GOLDEN_MISMATCH' });
  });

  it('only after many images: the check that recurs finds it, before an answer is given', async () => {
    let wrong = false;
    const backend = createIntegerWebgpuBackend({
      gpu: changedGpu(({ queue }) => {
        const write = queue.writeBuffer.bind(queue);
        queue.writeBuffer = (buffer, offset, data) =>
          write(buffer, offset, wrong ? (data as Uint8Array<ArrayBuffer>).map((value) => 255 - value) : data);
      }),
    });
    const pkg = await load();
    const classifier = await createClassifier(pkg, backend, { recheckEvery: 20 });
    const image = pkg.goldenPixels.subarray(0, 64);
    for (let i = 0; i < 20; i++) await classifier.logits(image);
    wrong = true;
    await expect(classifier.logits(image)).rejects.toMatchObject({ code: 'BACKEND_GOLDEN_MISMATCH' });
  });

  it('whose device is lost: the next backend answers the same image', async () => {
    let lost: GPUDevice | undefined;
    const backend = createIntegerWebgpuBackend({ gpu: changedGpu((device) => (lost = device)) });
    const pkg = await load();
    const image = pkg.goldenPixels.subarray(0, 64);
    const classifier = await createDemotingClassifier(pkg, [backend, createInterpreterBackend()]);
    const before = await classifier.classifyPixels(image);
    expect(before.backend).toBe('webgpu');
    lost!.destroy();
    await lost!.lost;
    const after = await classifier.classifyPixels(image);
    expect(after).toMatchObject({ backend: 'interpreter', predictions: before.predictions });
    expect(classifier.rejected).toEqual([
      { backend: 'webgpu', reason: expect.stringContaining('the GPU device was lost') as unknown as string },
    ]);
  });
});
