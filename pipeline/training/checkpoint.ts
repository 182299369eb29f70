/**
 * A checkpoint is a safetensors file with everything that the rest of a training depends on: the network's state,
 * the optimizer's state, the epochs done, and the configuration that they belong to. Random numbers are a
 * function of seed, epoch and sample, so the seed and the epoch are their whole state.
 */
import { existsSync } from 'node:fs';
import type { NetworkState } from '../networks/state.ts';
import { readSafetensors, writeSafetensors } from '../weights/safetensors.ts';

export interface Checkpoint {
  model: NetworkState;
  /** Moving average of the model's states; absent: none is kept. */
  average?: NetworkState;
  /** PyTorch's layout, named `<slot>.<parameter>` (`Optimizer.state`). */
  optimizer: NetworkState;
  epochsDone: number;
  seed: number;
  /** Canonical JSON of everything that determines the run; a resume under another is refused. */
  configuration: string;
}

const MODEL = 'model.';
const AVERAGE = 'average.';
const OPTIMIZER = 'optimizer.';

export function writeCheckpoint(path: string, checkpoint: Checkpoint): void {
  const tensors: NetworkState = new Map();
  for (const [name, entry] of checkpoint.model) tensors.set(MODEL + name, entry);
  for (const [name, entry] of checkpoint.average ?? []) tensors.set(AVERAGE + name, entry);
  for (const [name, entry] of checkpoint.optimizer) tensors.set(OPTIMIZER + name, entry);
  writeSafetensors(path, tensors, {
    epochsDone: String(checkpoint.epochsDone),
    seed: String(checkpoint.seed),
    configuration: checkpoint.configuration,
  });
}

/** `undefined` if there is no such file. @throws Error if it is not a checkpoint of a training. */
export function readCheckpoint(path: string): Checkpoint | undefined {
  if (!existsSync(path)) return undefined;
  const { tensors, metadata } = readSafetensors(path);
  if (metadata.epochsDone === undefined) throw new Error(`${path} is not a checkpoint of a training: it names no epoch`);
  const withPrefix = (prefix: string): NetworkState =>
    new Map([...tensors].filter(([name]) => name.startsWith(prefix)).map(([name, entry]) => [name.slice(prefix.length), entry]));
  const average = withPrefix(AVERAGE);
  return {
    model: withPrefix(MODEL),
    ...(average.size > 0 && { average }),
    optimizer: withPrefix(OPTIMIZER),
    epochsDone: Number(metadata.epochsDone),
    seed: Number(metadata.seed),
    configuration: metadata.configuration,
  };
}
