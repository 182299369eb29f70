import type { AppError } from '@sld-edge/runtime';
import type { ClassifyAnswer } from './protocol.ts';

/** Hears what becomes of images in the pool. */
export interface PoolObserver {
  /** An image has left the queue for a worker. */
  onDispatch(waitedMs: number): void;
  onAnswer(answer: ClassifyAnswer): void;
  /** An image that a worker had got no answer: its own fault, or the worker was ended or lost. */
  onFailure(error: AppError): void;
}
