import type { DecodedImage } from '../browser/decode/decode.ts';
import type { DecodeResult } from '../browser/protocol.ts';
import type { CallOptions } from '../classifier/call-options.ts';
import { InputClassifier } from '../classifier/input-classifier.ts';
import type { ClassifierReport } from '../classifier/report.ts';
import { createSession, type Classification, type Session } from '../classifier/session.ts';
import { catalogued } from '../classifier/until-aborted.ts';
import { AppError } from '../errors/catalogue.ts';
import { preprocessToPixels } from '../image/with-simd.ts';
import { calibrationOf } from '../package/calibration.ts';
import { nodeCandidates } from './backends.ts';
import { decodeNodeInput, type NodeClassifierInput } from './inputs.ts';
import { checkLoadOptions, type NodeLoadOptions } from './load-options.ts';
import { readModel } from './read-model.ts';

type NodeSession = Session<NodeClassifierInput, DecodedImage>;

/**
 * A model that classifies pictures in Node, with the same numbers as in a browser. It answers only after the backend has given the package's
 * golden outputs, and every file of the package has been compared with its SHA-256. It computes on the caller's thread: a server has
 * processes of its own for it. Nothing but an `AppError` of the catalogue (docs/errors.md) is thrown.
 *
 * @example
 * const classifier = await Classifier.load('models/fashion-mnist/46b45e4aa5f1');
 * const { predictions } = await classifier.classify(await readFile('photo.jpg'));
 */
export class Classifier extends InputClassifier<NodeClassifierInput, Classification<DecodedImage>> {
  readonly #session: NodeSession;
  readonly #reportOf: () => ClassifierReport;
  #isDisposed = false;

  private constructor(session: NodeSession, reportOf: () => ClassifierReport) {
    super();
    this.#session = session;
    this.#reportOf = reportOf;
  }

  /**
   * Loads a model.
   *
   * @param source path or URL of a package's folder or its `manifest.json`, or of a folder of packages or its `index.json`
   * @throws AppError PACKAGE_*, MODEL_UNKNOWN, VARIANT_UNKNOWN, BACKEND_*, PROGRAM_FILE_MISSING, DOWNLOAD_STOPPED, STOPPED, OPTION_INVALID
   */
  static load(source: string | URL, options: NodeLoadOptions = {}): Promise<Classifier> {
    return catalogued(async () => {
      const { backends, threads: asked } = checkLoadOptions(options);
      const { signal, onNotice } = options;
      const requireWanted = (): void => {
        if (signal?.aborted) throw new AppError('STOPPED', {}, { cause: signal.reason });
      };
      requireWanted();
      const startedAt = performance.now();
      const { pkg, packageUrl, notKept } = await readModel(source, options);
      requireWanted();
      const { manifest, variant } = pkg;
      let threads = asked;
      const candidates = nodeCandidates(variant, backends, asked, (reason) => {
        threads = 1;
        onNotice?.({ type: 'threads-lost', reason });
      });
      const session: NodeSession = await createSession(pkg, candidates, {
        decode: decodeNodeInput,
        preprocess: preprocessToPixels,
        onDemotion: () => onNotice?.({ type: 'demoted', report: reportOf() }),
      });
      const startMs = performance.now() - startedAt;
      const reportOf = (): ClassifierReport => ({
        model: manifest.name,
        version: manifest.version,
        title: manifest.title,
        variant,
        quick: manifest.quick,
        labels: [...manifest.labels],
        samples: manifest.samples.map(({ file: { path, ...file }, label }) => ({ url: new URL(path, packageUrl).href, label, ...file })),
        abstainThreshold: calibrationOf(manifest, variant).abstainThreshold,
        backend: session.backend,
        backendDescription: session.description,
        rejected: [...session.rejected],
        goldenError: session.goldenError,
        adapter: null,
        threads: session.backend.startsWith('wasm') ? threads : 1,
        inWorker: false,
        crossOriginIsolated: false,
        canvasNoise: false,
        staleReason: null,
        notKept,
        startMs,
      });
      const classifier = new Classifier(session, reportOf);
      if (signal?.aborted) classifier.dispose();
      requireWanted();
      return classifier;
    });
  }

  /** Names of the classes, in the order of `Prediction.index`. */
  get labels(): readonly string[] {
    return this.#reportOf().labels;
  }

  /** Tells how the answers come about: model, variant, backend, the backends that are not used and why. */
  report(): ClassifierReport {
    return this.#reportOf();
  }

  /** Decodes a picture as the image policy says, and computes nothing. @throws AppError as `classify` */
  decode(input: NodeClassifierInput): Promise<DecodeResult> {
    return this.inTurn(async () => {
      const { data, ...image } = await decodeNodeInput(input);
      return { ...image, rgb: data };
    });
  }

  /** Frees what it holds. Whatever comes after rejects with DISPOSED. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#session.dispose();
  }

  protected answer(input: NodeClassifierInput, { topK, threshold }: CallOptions): Promise<Classification<DecodedImage>> {
    if (this.#isDisposed) throw new AppError('DISPOSED', {});
    return this.#session.classify(input, { topK, threshold });
  }
}
