/** Checkpoints of any of the known formats as float32 tensors by name, whatever the file is called: the content decides. */
import type { NetworkState } from '../networks/state.ts';
import { readSafetensors } from './safetensors.ts';
import { withFile, type FileBytes } from './file-bytes.ts';
import { refuseForeignModel } from './foreign-model.ts';
import { isPickle, openPytorchLegacy } from './pytorch-legacy.ts';
import { isZip, openPytorchZip } from './pytorch-zip.ts';
import { findStateDict, stripPrefixes } from './state-dict.ts';
import { fromTransformers } from './transformers-names.ts';
import { ElementBudget, readTensor, type PytorchFile } from './tensor-elements.ts';

export interface CheckpointFile {
  tensors: NetworkState;
  /** Metadata of safetensors files; empty for others. */
  metadata: Record<string, string>;
  /** `safetensors`, `PyTorch (zip)` or `PyTorch (legacy)`. */
  format: string;
  /** Notes for people: how the weights were found, and what of the file was left out. */
  notes: string[];
}

/** @throws Error in one line: a file that can't be read, is damaged, of no known format, or names what is not allowed */
export async function readCheckpointFile(path: string): Promise<CheckpointFile> {
  await refuseForeignModel(path);
  const opened = await withFile(path, async (file) => {
    const start = file.read(0, Math.min(4, file.size));
    if (isZip(start)) return pytorchCheckpoint(file, () => openPytorchZip(file));
    if (isPickle(start)) return pytorchCheckpoint(file, () => openPytorchLegacy(file));
    const { tensors, metadata, dropped } = readSafetensors(path);
    return finish(tensors, metadata, 'safetensors', [], dropped);
  });
  const renamed = fromTransformers(opened.tensors, path);
  return renamed ? { ...opened, tensors: renamed, notes: [...opened.notes, 'named as in transformers'] } : opened;
}

async function pytorchCheckpoint(file: FileBytes, open: () => PytorchFile | Promise<PytorchFile>): Promise<CheckpointFile> {
  try {
    const opened = await open();
    const found = findStateDict(opened.root);
    const budget = new ElementBudget(file.size);
    const tensors: NetworkState = new Map();
    const dropped: string[] = [];
    for (const [name, tensor] of found.tensors) {
      if (tensor.type.floating) tensors.set(name, { shape: tensor.shape, data: readTensor(opened, tensor, name, budget, file.read) });
      else dropped.push(name);
    }
    return finish(tensors, {}, opened.format, found.notes, dropped);
  } catch (error) {
    throw new Error(`${file.path} is not a usable PyTorch checkpoint: ${(error as Error).message}`, { cause: error });
  }
}

function finish(all: NetworkState, metadata: Record<string, string>, format: string, found: string[], dropped: string[]): CheckpointFile {
  const { tensors, notes } = stripPrefixes(all);
  // Counters of batch norm are whole numbers, and some files keep them as floats.
  const counters = [...tensors.keys()].filter((name) => name.endsWith('num_batches_tracked'));
  for (const name of counters) tensors.delete(name);
  const others = dropped.filter((name) => !name.endsWith('num_batches_tracked'));
  if (others.length > 0) notes.push(`without ${others.length} of whole numbers (${others.slice(0, 3).join(', ')})`);
  return { tensors, metadata, format, notes: [...found, ...notes] };
}
