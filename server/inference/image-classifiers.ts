import { createRequire } from 'node:module';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  AppError,
  createIntegerWasmBackend,
  createInterpreterBackend,
  createSession,
  createTfjsWasmBackend,
  errorParts,
  INTEGER_CANDIDATES,
  isGraphVariant,
  loadPackage,
  preprocessToPixels,
  readVerified,
  variantOf,
  type Admit,
  type Candidate,
  type KernelThreads,
  type LoadedPackage,
  type ReadFile,
  type RgbImage,
  type Session,
  type VariantName,
} from '@sld-edge/runtime';
import { createReusedMemory, decodeImage, KERNEL_WORKER, nodeKernelThread, openJpegDecoder, readFolder } from '@sld-edge/runtime/node';
import { createLoadedSessions } from './loaded-sessions.ts';
import { createOnnxBackend } from './onnx-backend.ts';
import type { ClassifyAnswer, ClassifyJob, InferenceSetup, JpegDecoding, RefusedSetup, WarmedVariant } from './protocol.ts';

export interface ImageClassifiers {
  /** Each variant that is loaded, with the backend that answers for it now. */
  readonly warmed: WarmedVariant[];
  readonly jpeg: JpegDecoding;
  /** Packages whose default variant could not be loaded or missed its goldens. */
  readonly refused: RefusedSetup[];
  /** @throws AppError as `Session.classify` */
  classify(job: ClassifyJob, admit?: Admit): Promise<ClassifyAnswer>;
  dispose(): void;
}

export interface VariantNews {
  /** Told when a variant that was not loaded at the start is: before its first image is decoded. */
  onOpened(variant: WarmedVariant): void;
  /** Told when a variant was unloaded, to make room for another. */
  onClosed(variant: Pick<WarmedVariant, 'model' | 'version' | 'variant'>): void;
  /** Told when another backend has taken the place of one that failed. */
  onDemotion(variant: WarmedVariant): void;
  /** Told when a helper thread was lost: one thread computes from then on. */
  onThreadLost(reason: string): void;
}

/** Most that 8-bit weights grow. */
const FLOAT32_BYTES = 4;

/** A file, or pixels. */
type JobImage = Pick<ClassifyJob, 'bytes' | 'rgb'>;
export type ImageSession = Session<JobImage, RgbImage>;

/**
 * Loads the default variant of each package in this process, on a backend that computes its format and reproduces its goldens.
 * Any other is loaded in the same way when it is first asked for, so that TensorFlow.js takes memory for graph models alone.
 * Threads share an image of an integer variant; graph models are computed on one. A package that cannot be loaded, does not reproduce its
 * goldens, or is a graph model where several threads are to compute, is refused; the others answer.
 */
export async function createImageClassifiers(
  setup: InferenceSetup,
  { onOpened, onClosed, onDemotion, onThreadLost }: VariantNews,
): Promise<ImageClassifiers> {
  const graphs: Candidate[] = [createTfjsWasmBackend({ wasmPaths: wasmBinariesFolder() })];
  let threads = setup.threads;
  const shared: KernelThreads = {
    count: setup.threads,
    start: startKernelThread,
    onLost(reason) {
      threads = 1;
      onThreadLost(reason);
    },
  };
  const integerBackends = {
    wasm: createIntegerWasmBackend('wasm', { threads: shared }),
    'wasm-relaxed': createIntegerWasmBackend('wasm-relaxed', { threads: shared }),
    'wasm-scalar': createIntegerWasmBackend('wasm-scalar', { threads: shared }),
    interpreter: createInterpreterBackend(),
  };
  const integers: Candidate[] = INTEGER_CANDIDATES.map((entry) =>
    typeof entry === 'string' ? integerBackends[entry] : entry.map((name) => integerBackends[name]),
  );
  const load = async (model: string, version: string, variant: VariantName): Promise<{ session: ImageSession; bytes: number }> => {
    const offered = setup.packages.find((entry) => entry.name === model && entry.version === version);
    if (!offered?.variants.includes(variant)) throw new AppError('INTERNAL', { model, version, variant });
    const readFile = readFolder(setup.modelsDir, path.join(model, version));
    const pkg = await loadPackage(readFile, { variant, expectedManifestSha256: offered.manifestSha256 });
    const onnx = createOnnxBackend(() => readOnnxModel(readFile, pkg));
    const candidates = !isGraphVariant(variant) ? integers : variant === 'float32' && setup.float32Backend === 'onnx' ? [onnx] : graphs;
    const session = await createSession(pkg, candidates, {
      decode: async ({ bytes, rgb }: JobImage, admit) =>
        rgb ? { ...rgb, data: bytes } : decodeImage(bytes, setup.limits, { admit, jpeg, memory }),
      preprocess: preprocessToPixels,
      onDemotion: () => onDemotion(warmedOf(session, threads)),
    });
    return { session, bytes: loadedBytes(pkg) };
  };
  const { decoder: jpeg, reason } = await openJpegDecoder();
  const memory = createReusedMemory();
  const sessions = createLoadedSessions(load, setup.memoryBytes ?? Infinity, onClosed);
  const refused: RefusedSetup[] = [];
  for (const { name, version, defaultVariant } of setup.packages) {
    try {
      if (setup.threads > 1 && isGraphVariant(defaultVariant))
        throw threadsRefused(setup.threads, `${name}@${version} (${defaultVariant})`);
      await sessions.open(name, version, defaultVariant);
    } catch (error) {
      refused.push({ name, version, error: errorParts(error) });
    }
  }
  return {
    jpeg: jpeg ? { decoder: jpeg.library } : { decoder: 'sharp', reason },
    get warmed() {
      return sessions.all().map((session) => warmedOf(session, threads));
    },
    refused,
    async classify({ bytes, rgb, model, version, variant, topK, wantsLogits }, admit) {
      const session = await sessions.open(model, version, variant, (opened) => onOpened(warmedOf(opened, threads)));
      const { image, input, logits, ...answer } = await session.classify({ bytes, rgb }, { topK, admit });
      return wantsLogits ? { ...answer, logits } : answer;
    },
    dispose() {
      for (const session of sessions.all()) session.dispose();
    },
  };
}

/** @param threads that compute integer variants by the kernels */
function warmedOf({ model, version, variant, backend, goldenError, rejected }: ImageSession, threads: number): WarmedVariant {
  const own = isGraphVariant(variant) || backend === 'interpreter' ? 1 : threads;
  return { model, version, variant, backend, goldenError, threads: own, ...(rejected.length > 0 && { rejected: [...rejected] }) };
}

/** Starts a helper thread of integer kernels: `kernel-worker.js` beside the bundle, or the runtime's module where the sources run. */
const startKernelThread = () =>
  nodeKernelThread(new Worker(import.meta.url.endsWith('.ts') ? KERNEL_WORKER : new URL('./kernel-worker.js', import.meta.url)));

const threadsRefused = (threads: number, what: string): AppError =>
  new AppError('BACKEND_UNAVAILABLE', {
    backend: 'tfjs-wasm',
    reason: `INFERENCE_THREADS is ${threads}, and only integer variants are shared among threads; ${what} is none: leave INFERENCE_THREADS out`,
  });

/** The binaries lie beside the package's entry; a prefix for tfjs ends in a slash. */
function wasmBinariesFolder(): string {
  return `${path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}${path.sep}`;
}

/** @throws AppError BACKEND_UNAVAILABLE for a package that has none, and of its file */
function readOnnxModel(readFile: ReadFile, { manifest: { name, version, onnx } }: LoadedPackage): Promise<Uint8Array> {
  if (onnx) return readVerified(readFile, onnx.model);
  const reason = `${name}@${version} has no ONNX model, which FLOAT32_BACKEND asks for`;
  throw new AppError('BACKEND_UNAVAILABLE', { backend: 'onnx', reason });
}

/** Bytes that a loaded package keeps: its weights, which TensorFlow.js holds as float32 however they were stored. */
function loadedBytes({ manifest, variant }: LoadedPackage): number {
  const { weightBytes } = variantOf(manifest, variant);
  return isGraphVariant(variant) && variant !== 'float32' ? FLOAT32_BYTES * weightBytes : weightBytes;
}
