import { AppError } from '@sld-edge/runtime';

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
