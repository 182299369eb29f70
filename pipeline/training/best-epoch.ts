/** The weights of the best epoch by top-1 on validation images, beside the checkpoint of the last one. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkState } from '../networks/state.ts';
import { readSafetensors, writeSafetensors } from '../weights/safetensors.ts';

export interface KeptEpoch {
  /** 0: what the training started from. */
  epoch: number;
  validationTop1: number;
}

export interface BestEpoch extends KeptEpoch {
  /** Keeps the state if it is better than all before. */
  offer(epoch: number, validationTop1: number, state: NetworkState): void;
  /** Undefined where the start is the best. */
  state(): NetworkState | undefined;
}

/**
 * @param epochsDone of the run that goes on; 0: a fresh one, of which nothing is kept yet
 * @param startTop1 of what the training starts from, which then counts as epoch 0; absent: it doesn't
 */
export function openBestEpoch(folder: string, epochsDone: number, startTop1 = -1): BestEpoch {
  const path = join(folder, 'best.safetensors');
  if (epochsDone === 0) rmSync(path, { force: true });
  const kept: KeptEpoch = { epoch: 0, validationTop1: startTop1 };
  if (existsSync(path)) {
    const { metadata } = readSafetensors(path);
    Object.assign(kept, { epoch: Number(metadata.epoch), validationTop1: Number(metadata.validationTop1) });
  }
  return {
    get epoch() {
      return kept.epoch;
    },
    get validationTop1() {
      return kept.validationTop1;
    },
    offer(epoch, validationTop1, state) {
      if (validationTop1 <= kept.validationTop1) return;
      writeSafetensors(path, state, { epoch: String(epoch), validationTop1: String(validationTop1) });
      Object.assign(kept, { epoch, validationTop1 });
    },
    state: () => (existsSync(path) ? readSafetensors(path).tensors : undefined),
  };
}
