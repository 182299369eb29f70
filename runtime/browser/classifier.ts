import type { CallOptions } from '../classifier/call-options.ts';
import { InputClassifier } from '../classifier/input-classifier.ts';
import type { ClassifierReport } from '../classifier/report.ts';
import { catalogued } from '../classifier/until-aborted.ts';
import { AppError, type ErrorCode } from '../errors/catalogue.ts';
import { isIndexAddress } from '../transfer/fetch-model.ts';
import { fetchWhole, isWebPage } from '../transfer/fetch-whole.ts';
import { connect, type Connection, type ConnectionListener } from './connection.ts';
import { inferenceThread } from './inference-thread.ts';
import { sendable, type ClassifierInput } from './inputs.ts';
import { startOptions, type LoadOptions } from './load-options.ts';
import type { ClassifyResult, DecodeResult } from './protocol.ts';
import { nextFrame, requireVideo } from './watch.ts';

/** A page preloads the index; where it does not come at once, the worker asks again, and says what is wrong. */
const INDEX_STALL_MS = 3500;

/** Errors after which loading the same again goes on with what came. */
const MAY_GO_ON: readonly ErrorCode[] = ['DOWNLOAD_STOPPED', 'PACKAGE_FILE_MISSING', 'NOT_READY', 'NETWORK_FAILED'];

/** Workers whose loading broke off, by address: they hold what came. */
const brokenOff = new Map<string, Connection>();

/**
 * A model that classifies pictures, in a worker of its own. It answers only after the backend has given the package's golden outputs, and
 * every file of the package has been compared with its SHA-256. Nothing but an `AppError` of the catalogue (docs/errors.md) is thrown.
 *
 * @example
 * const classifier = await Classifier.load('models/');
 * const { predictions, abstained } = await classifier.classify(file);
 */
export class Classifier extends InputClassifier<ClassifierInput, ClassifyResult> {
  readonly #connection: Connection;
  #report: ClassifierReport;
  #isDisposed = false;

  private constructor(connection: Connection, report: ClassifierReport) {
    super();
    this.#connection = connection;
    this.#report = report;
  }

  /**
   * Loads a model.
   *
   * @param url of a package's folder or its `manifest.json`, or of a folder of packages or its `index.json`; relative to the page
   * @throws AppError PACKAGE_*, MODEL_UNKNOWN, VARIANT_UNKNOWN, BACKEND_*, PROGRAM_FILE_MISSING, DOWNLOAD_STOPPED, STOPPED, OPTION_INVALID
   */
  static load(url: string | URL, options: LoadOptions = {}): Promise<Classifier> {
    return catalogued(async () => {
      const address = new URL(url, typeof document === 'undefined' ? location.href : document.baseURI).href;
      const wanted = startOptions(address, options);
      const { signal, onProgress, onNotice } = options;
      if (signal?.aborted) throw new AppError('STOPPED', {}, { cause: signal.reason });

      let classifier: Classifier | undefined;
      const renew = (report: ClassifierReport): ClassifierReport => {
        if (classifier) classifier.#report = report;
        return report;
      };
      const listener: ConnectionListener = {
        onProgress,
        onDemoted: (status, distrust) => onNotice?.({ type: 'demoted', report: renew(status), distrust }),
        onThreadsLost(status, reason) {
          if (status) renew(status);
          onNotice?.({ type: 'threads-lost', reason });
        },
        onNewest: (status) => onNotice?.({ type: 'newest', report: renew(status) }),
        onLate: (error) => onNotice?.({ type: 'late', error }),
      };
      const connection = brokenOff.get(address) ?? connect(inferenceThread);
      brokenOff.delete(address);
      connection.listener = listener;
      const stop = (): void => connection.stop();
      signal?.addEventListener('abort', stop);
      try {
        const index = isIndexAddress(address) && options.cache !== 'device' ? await fetchIndex(address, signal) : undefined;
        if (signal?.aborted) throw new AppError('DOWNLOAD_STOPPED', {}, { cause: signal.reason });
        classifier = new Classifier(connection, await connection.start({ ...wanted, index }));
      } catch (error) {
        if (error instanceof AppError && MAY_GO_ON.includes(error.code)) brokenOff.set(address, connection);
        else connection.end();
        throw error;
      } finally {
        signal?.removeEventListener('abort', stop);
      }
      if (signal?.aborted) {
        classifier.dispose();
        throw new AppError('STOPPED', {}, { cause: signal.reason });
      }
      return classifier;
    });
  }

  /** Names of the classes, in the order of `Prediction.index`. */
  get labels(): readonly string[] {
    return this.#report.labels;
  }

  /** Tells how the answers come about: model, variant, backend, the backends that are not used and why. */
  report(): ClassifierReport {
    return structuredClone(this.#report);
  }

  /**
   * Classifies what a video or a camera shows, one frame after another, each as it is when the one before was answered: frames in between
   * are dropped, not queued. It ends when the video ends, when the signal is aborted, and when the loop is left.
   *
   * @example for await (const { predictions } of classifier.watch(video)) show(predictions[0].label);
   */
  async *watch(video: HTMLVideoElement, options: CallOptions = {}): AsyncGenerator<ClassifyResult, void, undefined> {
    const { signal } = options;
    requireVideo(video);
    while (await nextFrame(video, signal)) {
      if (this.#isDisposed) throw new AppError('DISPOSED', {});
      try {
        yield await this.classify(video, options);
      } catch (error) {
        if (signal?.aborted) return;
        throw error;
      }
    }
  }

  /** Decodes a picture as the image policy says, and computes nothing. @throws AppError as `classify` */
  decode(input: ClassifierInput): Promise<DecodeResult> {
    return this.inTurn(async () => this.#connection.decode(await sendable(input)));
  }

  /** Ends the worker and frees what it holds. What waits, and all that comes after, rejects with DISPOSED. */
  dispose(): void {
    this.#isDisposed = true;
    this.#connection.end();
  }

  protected async answer(input: ClassifierInput, { signal, topK, threshold }: CallOptions): Promise<ClassifyResult> {
    return this.#connection.classify(await sendable(input, signal), { topK, threshold });
  }
}

/** @returns undefined where it does not come at once */
async function fetchIndex(address: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    const { response, bytes } = await fetchWhole(address, {}, { stallMs: INDEX_STALL_MS, signal });
    return response.ok && !isWebPage(response) ? bytes : undefined;
  } catch {
    return undefined;
  }
}
