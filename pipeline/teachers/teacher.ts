/** Teachers: trained networks with what is known of how they were made. Ours lie beside this file, by name. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNetwork, type Network } from '../networks/index.ts';
import { assertStateFits, type NetworkState } from '../networks/state.ts';
import { readSafetensors, writeSafetensors } from '../storage/safetensors.ts';
import type { RunData } from '../training/data.ts';

/** Where the repository keeps its teachers: `<network>.<data>.safetensors`. */
export const teachersFolder = fileURLToPath(new URL('./checkpoints', import.meta.url));

const EXTENSION = '.safetensors';

export interface Teacher {
  name: string;
  network: Network;
  state: NetworkState;
  /** Of the checkpoint's bytes. */
  sha256: string;
  /** As its maker recorded it. */
  metadata: Record<string, string>;
}

/**
 * @param spec a name of ours (`resnet20.fashion-mnist`) or a path to a `.safetensors` file with our metadata
 * @throws Error in one line: no such teacher, another number of classes, another normalisation, other shapes
 */
export function loadTeacher(spec: string, data: RunData): Teacher {
  const named = join(teachersFolder, `${spec}${EXTENSION}`);
  const path = existsSync(named) ? named : spec;
  if (!existsSync(path)) throw new Error(`no teacher "${spec}"; allowed: a path to a ${EXTENSION} file, or one of ${ourTeachers().join(', ') || '(none here yet: run npm run teacher)'}`);
  const { tensors, metadata } = readSafetensors(path);
  const networkName = metadata.network;
  if (!networkName) throw new Error(`${path} does not say which network it is (metadata "network")`);
  const classes = Number(metadata.classes);
  if (classes !== data.labels.length) throw new Error(`teacher ${spec} knows ${classes} classes, ${data.name} has ${data.labels.length}`);
  const normalisation = JSON.stringify({ mean: data.preprocessing.mean, std: data.preprocessing.std });
  if (metadata.normalisation !== normalisation) throw new Error(`teacher ${spec} expects images normalised by ${metadata.normalisation}, ${data.name} gives ${normalisation}`);
  const network = buildNetwork(networkName, { inputShape: data.inputShape, classes });
  assertStateFits(network, tensors, path);
  return { name: spec, network, state: tensors, metadata, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
}

export function saveTeacher(path: string, network: Network, state: NetworkState, data: RunData, made: Record<string, string>): void {
  writeSafetensors(path, state, {
    network: network.name,
    classes: String(network.classes),
    labels: JSON.stringify(data.labels),
    normalisation: JSON.stringify({ mean: data.preprocessing.mean, std: data.preprocessing.std }),
    ...made,
  });
}

function ourTeachers(): string[] {
  if (!existsSync(teachersFolder)) return [];
  return readdirSync(teachersFolder).filter((name) => name.endsWith(EXTENSION)).map((name) => name.slice(0, -EXTENSION.length));
}
