/** The student that a run leaves behind: a safetensors file that says everything a package needs to be made of it. */
import { buildNetwork, type Network } from '../networks/index.ts';
import { assertStateFits, type NetworkState } from '../networks/state.ts';
import { quantizationStatement, statementText, type QuantizationStatement } from '../quantization/aware/statement.ts';
import { readSafetensors, writeSafetensors } from '../weights/safetensors.ts';
import type { TeacherRecord } from '../teachers/measure.ts';
import { normalisationText } from '../teachers/teacher.ts';
import type { RunData } from '../data/run-data.ts';
import type { EpochReport } from '../training/train.ts';
import type { RunConfiguration } from './settings.ts';

export interface StudentRecord {
  configuration: RunConfiguration;
  methodOptions: Readonly<Record<string, unknown>>;
  engine: string;
  data: RunData['provenance'];
  /** Null where the method has none. */
  teacher: TeacherRecord | null;
  /** Test accuracy of the float32 student after the last epoch, by the training engine. */
  test: { top1: number; top5: number; count: number };
  history: EpochReport[];
  /** Lines of the plan that the run followed; absent where it was not planned. */
  plan?: readonly string[];
}

/** @param quantization what it was trained for, where it was */
export function saveStudent(
  path: string,
  network: Network,
  state: NetworkState,
  preprocessing: RunData['preprocessing'],
  record: StudentRecord,
  quantization?: QuantizationStatement,
): void {
  writeSafetensors(path, state, {
    ...(quantization && statementText(quantization)),
    network: network.name,
    classes: String(network.classes),
    normalisation: normalisationText(preprocessing),
    record: JSON.stringify(record),
  });
}

/** @throws Error in one line if the file is none of our students, or does not fit the network it names. */
export function loadStudent(
  path: string,
  inputShape: Network['inputShape'],
): { network: Network; state: NetworkState; record: StudentRecord; quantization?: QuantizationStatement } {
  const { tensors: state, metadata } = readSafetensors(path);
  const record = recordOf(path, metadata);
  const network = buildNetwork(metadata.network, { inputShape, classes: Number(metadata.classes) });
  assertStateFits(network, state, path);
  const quantization = quantizationStatement(path, metadata);
  return { network, state, record, ...(quantization && { quantization }) };
}

/** Reads the file's record of its run, before there are data to load it for. */
export function readStudentRecord(path: string): StudentRecord {
  return recordOf(path, readSafetensors(path).metadata);
}

/** Settings that a record must state: what is made of a student later begins with them. */
const DEMANDED = ['data', 'student', 'method', 'methodOptions', 'validationCount', 'maxDrop'] as const satisfies (keyof RunConfiguration)[];

function recordOf(path: string, metadata: Record<string, string>): StudentRecord {
  if (!metadata.record) throw new Error(`${path} is not a student of a run (no "record" in its metadata); npm run distill makes one`);
  let record: Partial<StudentRecord>;
  try {
    record = JSON.parse(metadata.record) as Partial<StudentRecord>;
  } catch (error) {
    throw new Error(`the metadata "record" of ${path} is not JSON`, { cause: error });
  }
  const absent = DEMANDED.find((key) => record.configuration?.[key] === undefined);
  if (absent !== undefined)
    throw new Error(`the record of ${path} does not state the setting "${absent}" of its run: npm run distill makes it anew`);
  return record as StudentRecord;
}
