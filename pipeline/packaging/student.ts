/** The student that a run leaves behind: a safetensors file that says everything a package needs to be made of it. */
import { buildNetwork, type Network } from '../networks/index.ts';
import { assertStateFits, type NetworkState } from '../networks/state.ts';
import type { Configuration } from '../presets/index.ts';
import { readSafetensors, writeSafetensors } from '../storage/safetensors.ts';
import { normalisationText } from '../teachers/teacher.ts';
import type { RunData } from '../training/data.ts';
import type { EpochReport } from '../training/train.ts';

export interface StudentRecord {
  configuration: Configuration;
  methodOptions: Readonly<Record<string, unknown>>;
  engine: string;
  data: RunData['provenance'];
  /** Name, checkpoint and accuracy of the teacher; null where the method has none. */
  teacher: { name: string; network: string; sha256: string; validationTop1: number; testTop1: number } | null;
  /** Of the float32 student on the test set, by the training engine; last epoch. */
  test: { top1: number; top5: number; count: number };
  history: EpochReport[];
}

export function saveStudent(path: string, network: Network, state: NetworkState, preprocessing: RunData['preprocessing'], record: StudentRecord): void {
  writeSafetensors(path, state, { network: network.name, classes: String(network.classes), normalisation: normalisationText(preprocessing), record: JSON.stringify(record) });
}

/** @throws Error in one line where the file is no student of ours. */
export function loadStudent(path: string, inputShape: Network['inputShape']): { network: Network; state: NetworkState; record: StudentRecord } {
  const { network, state, record } = { ...readStudentRecord(path), ...readNetwork(path, inputShape) };
  return { network, state, record };
}

export function readStudentRecord(path: string): { record: StudentRecord } {
  const { metadata } = readSafetensors(path);
  if (!metadata.record) throw new Error(`${path} is not a student of a run (no "record" in its metadata); npm run distill makes one`);
  return { record: JSON.parse(metadata.record) as StudentRecord };
}

function readNetwork(path: string, inputShape: Network['inputShape']): { network: Network; state: NetworkState } {
  const { tensors, metadata } = readSafetensors(path);
  const network = buildNetwork(metadata.network, { inputShape, classes: Number(metadata.classes) });
  assertStateFits(network, tensors, path);
  return { network, state: tensors };
}
