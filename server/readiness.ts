import { AppError } from '@sld-edge/runtime';
import type { LoadedModels } from './app.ts';

export type ReadinessState = 'starting' | 'ready' | 'failed' | 'draining';

/** State that tells whether the server accepts images. It starts `starting`; only matched goldens make it `ready`. */
export interface Readiness {
  readonly state: ReadinessState;
  /** Reason of the state, for people. */
  readonly reason: string;
  set(state: ReadinessState, reason: string): void;
  /** @throws AppError NOT_READY in every state but `ready` */
  require(): void;
}

export function createReadiness(): Readiness {
  let state: ReadinessState = 'starting';
  let reason = 'the models are loading';
  return {
    get state() {
      return state;
    },
    get reason() {
      return reason;
    },
    set(nextState, nextReason) {
      // A server that is shutting down never becomes ready again, even if a model finishes loading.
      if (state === 'draining') return;
      state = nextState;
      reason = nextReason;
    },
    require() {
      if (state !== 'ready') throw new AppError('NOT_READY', { state: reason });
    },
  };
}

/**
 * Checks what `/readyz` tells: images are accepted, a worker is alive, and the default package is good. Where that one alone is bad, the
 * others answer all the same.
 *
 * @throws AppError NOT_READY, MODEL_REFUSED
 */
export function requireReady(readiness: Readiness, { catalogue, pool }: LoadedModels): void {
  readiness.require();
  if (!pool || pool.alive() === 0) throw new AppError('NOT_READY', { state: 'no worker is alive; they are being replaced' });
  catalogue!.resolve(undefined, undefined);
}

export function isReady(readiness: Readiness, models: LoadedModels): boolean {
  try {
    requireReady(readiness, models);
    return true;
  } catch {
    return false;
  }
}
