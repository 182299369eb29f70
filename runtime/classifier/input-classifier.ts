import { atOnce } from './at-once.ts';
import { checkCallOptions, type CallOptions } from './call-options.ts';
import { catalogued, untilAborted } from './until-aborted.ts';

/** Pictures that are decoded or computed at once: one computes, the next ones decode meanwhile. */
const MOST_AT_ONCE = 4;

/** Calls of a classifier, in browsers and in Node alike: options are checked, the others wait their turn, and errors are the catalogue's. */
export abstract class InputClassifier<Input, Answer> {
  readonly #inTurn = atOnce(MOST_AT_ONCE);

  /**
   * Classifies a picture, or several in the order in which they are given. Of several the first error ends all.
   *
   * @throws AppError IMAGE_*, INPUT_UNSUPPORTED, FILE_UNUSABLE, NETWORK_FAILED, STOPPED, DISPOSED, OPTION_INVALID, BACKEND_*
   */
  classify(input: Input, options?: CallOptions): Promise<Answer>;
  classify(inputs: readonly Input[], options?: CallOptions): Promise<Answer[]>;
  classify(input: Input | readonly Input[], options: CallOptions = {}): Promise<Answer> | Promise<Answer[]> {
    return Array.isArray(input) ? this.#all(input, options) : this.#one(input as Input, options);
  }

  /** Computes the answer for one input; called for a few at once. */
  protected abstract answer(input: Input, options: CallOptions): Promise<Answer>;

  /** Does other work that takes as much, in its turn. */
  protected inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return catalogued(() => this.#inTurn(work));
  }

  #one(input: Input, options: CallOptions): Promise<Answer> {
    return catalogued(async () => {
      checkCallOptions(options);
      const { signal } = options;
      const answered = (): Promise<Answer> =>
        this.#inTurn(async () => {
          signal?.throwIfAborted();
          return this.answer(input, options);
        });
      return untilAborted(answered, signal);
    });
  }

  #all(inputs: readonly Input[], options: CallOptions): Promise<Answer[]> {
    return catalogued(async () => {
      checkCallOptions(options);
      const rest = new AbortController();
      const stop = (): void => rest.abort(options.signal!.reason);
      if (options.signal?.aborted) stop();
      options.signal?.addEventListener('abort', stop);
      try {
        return await Promise.all(inputs.map((input) => this.#one(input, { ...options, signal: rest.signal })));
      } finally {
        // After an error nothing more is begun.
        rest.abort();
        options.signal?.removeEventListener('abort', stop);
      }
    });
  }
}
