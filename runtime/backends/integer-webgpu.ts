import { AppError } from '../errors/catalogue.ts';
import { programPart } from '../errors/program-part.ts';
import type { ProgramBackend } from './backend.ts';
import { findAdapter } from './gpu-adapter.ts';

export interface IntegerWebgpuOptions {
  /** Source of adapters; by default the browser's `navigator.gpu`, in Node Dawn's. */
  gpu?: GPU;
  /** False: the kernels multiply without packed dot products, although the device has them. */
  packedDot?: boolean;
}

/** The integer variant on a GPU. Kernels are imported when wanted, so that pages that compute elsewhere never download them. */
export function createIntegerWebgpuBackend({ gpu, packedDot = true }: IntegerWebgpuOptions = {}): ProgramBackend {
  let ready: ReturnType<typeof prepare> | undefined;
  let description = 'integers on WebGPU, not initialised';

  async function prepare() {
    const found = await findAdapter(gpu);
    if ('missing' in found) return unavailable(found.missing);
    const { openKernels, gpuSelfTest, openGpuProgram, PACKED_DOT } = await programPart(
      'kernels of WebGPU',
      import('../integer/webgpu/index.ts'),
    );
    const packed = packedDot && Boolean(found.gpu.wgslLanguageFeatures?.has(PACKED_DOT));
    const kernels = await openKernels(found.adapter, packed).catch((error: unknown) =>
      unavailable(`the GPU device cannot be created (${firstLine(error)})`, error),
    );
    const fault = await gpuSelfTest(kernels).catch((error: unknown) => `its self-test cannot be computed (${firstLine(error)})`);
    if (fault) return unavailable(fault);
    description = `integers on WebGPU, ${found.description}${packed ? '' : ', without packed dot products'}`;
    return { kernels, openGpuProgram };
  }

  return {
    name: 'webgpu',
    formats: ['sld-edge-integer'],
    reference: false,
    device: 'gpu',
    init: async () => void (await (ready ??= prepare())),
    description: () => description,
    async loadProgram(program, options) {
      const { kernels, openGpuProgram } = await (ready ??= prepare());
      const opened = await openGpuProgram(program, kernels, options);
      return {
        integerLogits: (pixels) => opened.integerLogits(pixels),
        get activations() {
          return opened.activations();
        },
        dispose: () => opened.dispose(),
      };
    },
  };
}

const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0];

function unavailable(reason: string, cause?: unknown): never {
  throw new AppError('BACKEND_UNAVAILABLE', { backend: 'webgpu', reason }, { cause });
}
