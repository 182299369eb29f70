import { createRequire } from 'node:module';
import path from 'node:path';
import {
  AppError,
  createIntegerWasmBackend,
  createInterpreterBackend,
  createSession,
  createTfjsWasmBackend,
  loadPackage,
  VARIANTS,
  type Admit,
  type BackendDefinition,
  type RgbImage,
  type Session,
} from '@sld-edge/runtime';
import { decodeImage, readFolder } from '@sld-edge/runtime/node';
import type { ClassifyAnswer, ClassifyJob, InferenceSetup, WarmedVariant } from './protocol.ts';

export interface ImageClassifiers {
  /** Each variant with the backend that answers for it now. */
  readonly warmed: WarmedVariant[];
  /** @throws AppError as `Session.classify` */
  classify(job: ClassifyJob, admit?: Admit): Promise<ClassifyAnswer>;
  dispose(): void;
}

/**
 * Loads all variants of all packages in this process, each on a backend that computes its format and reproduces its goldens.
 *
 * @param onDemotion told when another backend has taken the place of one that failed
 * @throws AppError of the first package that cannot be loaded or does not reproduce its goldens
 */
export async function createImageClassifiers(
  setup: InferenceSetup,
  onDemotion: (variant: WarmedVariant) => void,
): Promise<ImageClassifiers> {
  /** Backends in the order in which they are tried: the interpreter computes programs that the kernels don't. */
  const backends: BackendDefinition[] = [
    createTfjsWasmBackend({ wasmPaths: wasmBinariesFolder() }),
    createIntegerWasmBackend('wasm'),
    createInterpreterBackend(),
  ];
  const sessions = new Map<string, Session<Uint8Array, RgbImage>>();
  for (const { name, version, manifestSha256, variants } of setup.packages) {
    const readFile = readFolder(setup.modelsDir, path.join(name, version));
    for (const variant of variants) {
      const pkg = await loadPackage(readFile, { variant, expectedManifestSha256: manifestSha256 });
      const candidates = backends.filter(({ formats }) => formats.includes(VARIANTS[variant].format));
      const session = await createSession(pkg, candidates, {
        decode: (bytes: Uint8Array, admit) => decodeImage(bytes, setup.limits, admit),
        onDemotion: () => onDemotion(warmedOf(session)),
      });
      sessions.set(keyOf(name, version, variant), session);
    }
  }
  return {
    get warmed() {
      return [...sessions.values()].map(warmedOf);
    },
    async classify({ bytes, model, version, variant, topK }, admit) {
      const session = sessions.get(keyOf(model, version, variant));
      if (!session) throw new AppError('INTERNAL', { model, version, variant });
      const { image, input, ...answer } = await session.classify(bytes, { topK, admit });
      return answer;
    },
    dispose() {
      for (const session of sessions.values()) session.dispose();
    },
  };
}

function warmedOf({ model, version, variant, backend, goldenError, rejected }: Session<Uint8Array, RgbImage>): WarmedVariant {
  return { model, version, variant, backend, goldenError, ...(rejected.length > 0 && { rejected: [...rejected] }) };
}

function keyOf(model: string, version: string, variant: string): string {
  return `${model}@${version} ${variant}`;
}

/** The binaries lie beside the package's entry; a prefix for tfjs ends in a slash. */
function wasmBinariesFolder(): string {
  return `${path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}${path.sep}`;
}
