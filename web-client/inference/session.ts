import {
  calibrationOf,
  createIntegerWasmBackend,
  createInterpreterBackend,
  createTfjsWasmBackend,
  createTfjsWebgpuBackend,
  preprocessToPixels,
  type BackendDefinition,
} from '@sld-edge/runtime';
import wasmUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { chooseCandidates } from './candidates.ts';
import { canvasIsNoisy } from './canvas-noise.ts';
import { decodeImage } from './decode.ts';
import { createEngine } from './engine.ts';
import { fetchPackage } from './fetch-package.ts';
import { probeAdapter } from './gpu-adapter.ts';
import type { BackendName, ClassifyResult, DistrustedAdapter, EngineStatus, StartOptions } from './protocol.ts';

/** One thread: threads need blob: workers, which the CSP refuses, and hang on some phones. */
const THREADS = 1;

const BACKENDS: Record<BackendName, () => BackendDefinition> = {
  'tfjs-wasm': () =>
    createTfjsWasmBackend({
      wasmPaths: {
        'tfjs-backend-wasm.wasm': wasmUrl,
        'tfjs-backend-wasm-simd.wasm': simdUrl,
        // The library wants three entries; with one thread this one is never fetched.
        'tfjs-backend-wasm-threaded-simd.wasm': simdUrl,
      },
    }),
  'tfjs-webgpu': () => createTfjsWebgpuBackend(),
  interpreter: () => createInterpreterBackend(),
  wasm: () => createIntegerWasmBackend('wasm'),
  'wasm-relaxed': () => createIntegerWasmBackend('wasm-relaxed'),
};

/** A loaded package and the backend that answers for it. */
export interface Session {
  status(): EngineStatus;
  /** @throws AppError as `decodeImage`; BACKEND_UNAVAILABLE where no backend is left */
  classify(bytes: Uint8Array<ArrayBuffer>): Promise<ClassifyResult>;
}

/**
 * @param onDemotion told when the backend in use was given up, with the adapter to distrust from now on
 * @throws AppError MODEL_UNKNOWN, VARIANT_UNKNOWN, PACKAGE_*, BACKEND_*
 */
export async function startSession(
  options: StartOptions,
  onDemotion: (status: EngineStatus, distrust: DistrustedAdapter | null) => void,
): Promise<Session> {
  const startedAt = performance.now();
  const [{ pkg, packageUrl, staleReason }, probe] = await Promise.all([
    fetchPackage(options.modelsUrl, options.model, options.variant),
    probeAdapter(),
  ]);
  const { manifest, variant } = pkg;
  const model = `${manifest.name}@${manifest.version}`;
  const adapter = 'missing' in probe ? null : probe.description;
  const { backends, rejected } = chooseCandidates(probe, options.backends, options.distrustedAdapters, model, variant);
  const engine = await createEngine(
    pkg,
    backends.map((name) => BACKENDS[name]()),
    rejected,
    ({ backend, reason }) => onDemotion(status(), backend === 'tfjs-webgpu' && adapter ? { adapter, model, reason } : null),
  );
  const startMs = performance.now() - startedAt;
  const canvasNoise = canvasIsNoisy();

  const status = (): EngineStatus => ({
    model: manifest.name,
    version: manifest.version,
    title: manifest.title,
    variant,
    quick: manifest.quick,
    labels: manifest.labels,
    samples: manifest.samples.map(({ file, label }) => ({ url: new URL(file.path, packageUrl).href, label })),
    abstainThreshold: calibrationOf(manifest, variant).abstainThreshold,
    backend: engine.classifier().backend,
    backendDescription: engine.description(),
    rejected,
    goldenError: engine.classifier().goldenError,
    adapter,
    threads: THREADS,
    crossOriginIsolated: self.crossOriginIsolated,
    canvasNoise,
    staleReason,
    startMs,
  });

  return {
    status,
    async classify(bytes) {
      const { value: decoded, ms: decode } = await timed(() => decodeImage(bytes));
      const { value: pixels, ms: preprocess } = await timed(() => preprocessToPixels(decoded.rgb, manifest.preprocessing));
      const { predictions, abstained, inferenceMs: inference } = await engine.classifyPixels(pixels);
      const { width, height, channels } = manifest.preprocessing;
      return {
        model: manifest.name,
        version: manifest.version,
        variant,
        backend: engine.classifier().backend,
        predictions,
        abstained,
        timingMs: { decode, preprocess, inference },
        image: { format: decoded.format, width: decoded.rgb.width, height: decoded.rgb.height },
        input: { width, height, channels, pixels },
      };
    },
  };
}

async function timed<Value>(work: () => Value | Promise<Value>): Promise<{ value: Value; ms: number }> {
  const startedAt = performance.now();
  const value = await work();
  return { value, ms: performance.now() - startedAt };
}
