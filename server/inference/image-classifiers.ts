import { createRequire } from 'node:module';
import path from 'node:path';
import {
  AppError,
  createIntegerWasmBackend,
  createInterpreterBackend,
  createSession,
  createTfjsWasmBackend,
  INTEGER_CANDIDATES,
  isGraphVariant,
  loadPackage,
  type Admit,
  type Candidate,
  type RgbImage,
  type Session,
  type VariantName,
} from '@sld-edge/runtime';
import { decodeImage, readFolder } from '@sld-edge/runtime/node';
import type { ClassifyAnswer, ClassifyJob, InferenceSetup, WarmedVariant } from './protocol.ts';

export interface ImageClassifiers {
  /** Each variant that is loaded, with the backend that answers for it now. */
  readonly warmed: WarmedVariant[];
  /** @throws AppError as `Session.classify` */
  classify(job: ClassifyJob, admit?: Admit): Promise<ClassifyAnswer>;
  dispose(): void;
}

export interface VariantNews {
  /** Told when a variant that was not loaded at the start is: before its first image is decoded. */
  onOpened(variant: WarmedVariant): void;
  /** Told when another backend has taken the place of one that failed. */
  onDemotion(variant: WarmedVariant): void;
}

type ImageSession = Session<Uint8Array, RgbImage>;

/**
 * Loads the default variant of each package in this process, on a backend that computes its format and reproduces its goldens.
 * Any other is loaded in the same way when it is first asked for, so that TensorFlow.js takes memory for graph models alone.
 *
 * @throws AppError of the first package that cannot be loaded or does not reproduce its goldens
 */
export async function createImageClassifiers(setup: InferenceSetup, { onOpened, onDemotion }: VariantNews): Promise<ImageClassifiers> {
  const graphs: Candidate[] = [createTfjsWasmBackend({ wasmPaths: wasmBinariesFolder() })];
  const integerBackends = {
    wasm: createIntegerWasmBackend('wasm'),
    'wasm-relaxed': createIntegerWasmBackend('wasm-relaxed'),
    'wasm-scalar': createIntegerWasmBackend('wasm-scalar'),
    interpreter: createInterpreterBackend(),
  };
  const integers: Candidate[] = INTEGER_CANDIDATES.map((entry) =>
    typeof entry === 'string' ? integerBackends[entry] : entry.map((name) => integerBackends[name]),
  );
  const sessions = new Map<string, Promise<ImageSession>>();
  const loaded: ImageSession[] = [];
  const load = async (model: string, version: string, variant: VariantName): Promise<ImageSession> => {
    const offered = setup.packages.find((entry) => entry.name === model && entry.version === version);
    if (!offered?.variants.includes(variant)) throw new AppError('INTERNAL', { model, version, variant });
    const readFile = readFolder(setup.modelsDir, path.join(model, version));
    const pkg = await loadPackage(readFile, { variant, expectedManifestSha256: offered.manifestSha256 });
    const session = await createSession(pkg, isGraphVariant(variant) ? graphs : integers, {
      decode: (bytes: Uint8Array, admit) => decodeImage(bytes, setup.limits, admit),
      onDemotion: () => onDemotion(warmedOf(session)),
    });
    loaded.push(session);
    return session;
  };
  /** One that can't be loaded is tried again when it is asked for again. */
  const sessionOf = (
    model: string,
    version: string,
    variant: VariantName,
    news: (session: ImageSession) => void,
  ): Promise<ImageSession> => {
    const key = `${model}@${version} ${variant}`;
    const before = sessions.get(key);
    if (before) return before;
    const session = load(model, version, variant);
    sessions.set(key, session);
    session.then(news, () => sessions.delete(key));
    return session;
  };
  for (const { name, version, defaultVariant } of setup.packages) await sessionOf(name, version, defaultVariant, () => undefined);
  return {
    get warmed() {
      return loaded.map(warmedOf);
    },
    async classify({ bytes, model, version, variant, topK }, admit) {
      const session = await sessionOf(model, version, variant, (opened) => onOpened(warmedOf(opened)));
      const { image, input, ...answer } = await session.classify(bytes, { topK, admit });
      return answer;
    },
    dispose() {
      for (const session of loaded) session.dispose();
    },
  };
}

function warmedOf({ model, version, variant, backend, goldenError, rejected }: ImageSession): WarmedVariant {
  return { model, version, variant, backend, goldenError, ...(rejected.length > 0 && { rejected: [...rejected] }) };
}

/** The binaries lie beside the package's entry; a prefix for tfjs ends in a slash. */
function wasmBinariesFolder(): string {
  return `${path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}${path.sep}`;
}
