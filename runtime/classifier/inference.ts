import type { BackendDefinition } from '../backends/backend.ts';
import { renamedBackend } from '../backends/names.ts';
import { AppError } from '../errors/catalogue.ts';
import { normalise } from '../image/index.ts';
import type { LoadedPackage } from '../package/load.ts';
import { VARIANTS } from '../package/variants.ts';

/** A variant on a backend, from bytes on. */
export interface Inference {
  /**
   * @param pixels uint8 `[images, height, width, channels]`
   * @returns `[images, classes]` as goldens record them: a graph's logits, a program's whole numbers
   */
  outputs(pixels: Uint8Array): Promise<Float32Array | Int32Array>;
  /** Outputs as logits: of a program scale · number, in float32. */
  logitsOf(outputs: Float32Array | Int32Array): Float32Array;
  dispose(): void;
}

/** Images per execution of a graph: bounds the memory that a long list of images takes. */
const MAX_BATCH = 64;

/**
 * Puts a package's variant on a backend, which must be initialised.
 *
 * @returns its `outputs` throw AppError BACKEND_UNAVAILABLE too, where the backend fails at computing
 * @throws AppError BACKEND_UNAVAILABLE if the backend does not compute the variant's format, or cannot load it
 */
export async function openInference(pkg: LoadedPackage, backend: BackendDefinition): Promise<Inference> {
  requireFormat(pkg, backend);
  const { network } = pkg;
  const unavailable = (error: unknown): never => {
    const reason = error instanceof Error ? error.message : String(error);
    throw error instanceof AppError ? error : new AppError('BACKEND_UNAVAILABLE', { backend: backend.name, reason }, { cause: error });
  };
  const inference = await (network.kind === 'graph' ? openGraph(pkg, network, backend) : openProgram(network, backend)).catch(unavailable);
  return { ...inference, outputs: (pixels) => inference.outputs(pixels).catch(unavailable) };
}

/** @throws AppError BACKEND_UNAVAILABLE if the backend does not compute the variant's format: nothing else is put in its place */
export function requireFormat(
  { variant }: Pick<LoadedPackage, 'variant'>,
  { name, formats }: Pick<BackendDefinition, 'name' | 'formats'>,
): void {
  const { format } = VARIANTS[variant];
  if (!formats.includes(format))
    throw new AppError('BACKEND_UNAVAILABLE', {
      backend: name,
      reason: [`it computes variants of the format ${formats.join(', ')}; ${variant} is of the format ${format}`, renamedBackend(name)]
        .filter(Boolean)
        .join('; '),
    });
}

async function openGraph(
  { manifest: { preprocessing, labels } }: LoadedPackage,
  { modelJson, weights }: Extract<LoadedPackage['network'], { kind: 'graph' }>,
  backend: BackendDefinition,
): Promise<Inference> {
  const graph = await backend.loadGraph!(modelJson, weights);
  const { height, width, channels } = preprocessing;
  const bytesPerImage = height * width * channels;
  return {
    async outputs(pixels) {
      const count = pixels.length / bytesPerImage;
      const logits = new Float32Array(count * labels.length);
      for (let start = 0; start < count; start += MAX_BATCH) {
        const batch = Math.min(MAX_BATCH, count - start);
        const input = normalise(pixels.subarray(start * bytesPerImage, (start + batch) * bytesPerImage), preprocessing);
        logits.set(await graph.execute(input, [batch, height, width, channels]), start * labels.length);
      }
      return logits;
    },
    logitsOf: (outputs) => outputs as Float32Array,
    dispose: () => graph.dispose(),
  };
}

async function openProgram(
  { program }: Extract<LoadedPackage['network'], { kind: 'program' }>,
  backend: BackendDefinition,
): Promise<Inference> {
  const loaded = await backend.loadProgram!(program);
  const scale = Math.fround(program.nodes.at(-1)!.scale);
  return {
    outputs: (pixels) => loaded.integerLogits(pixels),
    logitsOf: (outputs) => Float32Array.from(outputs, (value) => value * scale),
    dispose: () => loaded.dispose(),
  };
}
