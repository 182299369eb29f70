import { atOnce } from '../classifier/at-once.ts';
import { checkCallOptions, type CallOptions } from '../classifier/call-options.ts';
import type { ClassifierReport } from '../classifier/report.ts';
import { catalogued, untilAborted } from '../classifier/until-aborted.ts';
import { AppError, type ErrorCode } from '../errors/catalogue.ts';
import { isIndexAddress } from '../transfer/fetch-model.ts';
import { fetchWhole, isWebPage } from '../transfer/fetch-whole.ts';
import { connect, type Connection, type ConnectionListener } from './connection.ts';
import { inferenceThread } from './inference-thread.ts';
import { sendable, type ClassifierInput } from './inputs.ts';
import { startOptions, type LoadOptions } from './load-options.ts';
import type { ClassifyResult, DecodeResult } from './protocol.ts';
import { nextFrame, requireVideo } from './watch.ts';

/** Pictures that are decoded or computed at once: one computes, the next ones decode meanwhile. */
const MOST_AT_ONCE = 4;

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
export class Classifier {
  readonly #connection: Connection;
  readonly #inTurn = atOnce(MOST_AT_ONCE);
  #report: ClassifierReport;
  #isDisposed = false;

  private constructor(connection: Connection, report: ClassifierReport) {
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
        const index = isIndexAddress(address) ? await fetchIndex(address, signal) : undefined;
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
   * Classifies a picture, or several in the order in which they are given. Of several the first error ends all.
   *
   * @throws AppError IMAGE_*, INPUT_UNSUPPORTED, FILE_UNUSABLE, NETWORK_FAILED, STOPPED, DISPOSED, OPTION_INVALID, BACKEND_*
   */
  classify(input: ClassifierInput, options?: CallOptions): Promise<ClassifyResult>;
  classify(inputs: readonly ClassifierInput[], options?: CallOptions): Promise<ClassifyResult[]>;
  classify(
    input: ClassifierInput | readonly ClassifierInput[],
    options: CallOptions = {},
  ): Promise<ClassifyResult> | Promise<ClassifyResult[]> {
    return Array.isArray(input) ? this.#classifyAll(input, options) : this.#classifyOne(input as ClassifierInput, options);
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
        yield await this.#classifyOne(video, options);
      } catch (error) {
        if (signal?.aborted) return;
        throw error;
      }
    }
  }

  /** Decodes a picture as the image policy says, and computes nothing. @throws AppError as `classify` */
  decode(input: ClassifierInput): Promise<DecodeResult> {
    return catalogued(() => this.#inTurn(async () => this.#connection.decode(await sendable(input))));
  }

  /** Ends the worker and frees what it holds. What waits, and all that comes after, rejects with DISPOSED. */
  dispose(): void {
    this.#isDisposed = true;
    this.#connection.end();
  }

  #classifyOne(input: ClassifierInput, options: CallOptions): Promise<ClassifyResult> {
    return catalogued(async () => {
      checkCallOptions(options);
      const { signal, topK, threshold } = options;
      return untilAborted(
        () =>
          this.#inTurn(async () => {
            signal?.throwIfAborted();
            return this.#connection.classify(await sendable(input, signal), { topK, threshold });
          }),
        signal,
      );
    });
  }

  #classifyAll(inputs: readonly ClassifierInput[], options: CallOptions): Promise<ClassifyResult[]> {
    return catalogued(async () => {
      checkCallOptions(options);
      const rest = new AbortController();
      const stop = (): void => rest.abort(options.signal!.reason);
      if (options.signal?.aborted) stop();
      options.signal?.addEventListener('abort', stop);
      try {
        return await Promise.all(inputs.map((input) => this.#classifyOne(input, { ...options, signal: rest.signal })));
      } finally {
        // After an error nothing more is begun.
        rest.abort();
        options.signal?.removeEventListener('abort', stop);
      }
    });
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
