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

/** What decides whether a checkpoint's network can be built for a data set. */
type FittingData = Pick<RunData, 'name' | 'labels' | 'inputShape'>;
type Normalisation = Pick<RunData['preprocessing'], 'mean' | 'std'>;

/**
 * @param spec a name of ours (`resnet20.fashion-mnist`) or a path to a `.safetensors` file with our metadata
 * @throws Error in one line: no such teacher, another number of classes, another normalisation, other shapes
 */
export function loadTeacher(spec: string, data: FittingData & { preprocessing: Normalisation }): Teacher {
  const teacher = loadCheckpoint(spec, data);
  const normalisation = normalisationText(data.preprocessing);
  if (teacher.metadata.normalisation !== normalisation) throw new Error(`teacher ${spec} expects images normalised by ${teacher.metadata.normalisation}, ${data.name} gives ${normalisation}`);
  return teacher;
}

/** A network that was trained here, teacher or student, whatever normalisation it expects (`normalisationOf`). @throws as `loadTeacher` */
export function loadCheckpoint(spec: string, data: FittingData): Teacher {
  const named = join(teachersFolder, `${spec}${EXTENSION}`);
  const path = existsSync(named) ? named : spec;
  if (!existsSync(path)) throw new Error(`no teacher "${spec}"; allowed: a path to a ${EXTENSION} file, or one of ${ourTeachers().join(', ') || '(none here yet: run npm run teacher)'}`);
  const { tensors, metadata } = readSafetensors(path);
  const networkName = metadata.network;
  if (!networkName) throw new Error(`${path} does not say which network it is (metadata "network")`);
  const classes = Number(metadata.classes);
  if (classes !== data.labels.length) throw new Error(`teacher ${spec} knows ${classes} classes, ${data.name} has ${data.labels.length}`);
  const network = buildNetwork(networkName, { inputShape: data.inputShape, classes });
  assertStateFits(network, tensors, path);
  return { name: spec, network, state: tensors, metadata, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
}

/** How the images of a checkpoint were normalised. @throws Error where it does not say */
export function normalisationOf({ name, metadata }: Teacher): Normalisation {
  if (!metadata.normalisation) throw new Error(`${name} does not say how its images are normalised (metadata "normalisation")`);
  return JSON.parse(metadata.normalisation) as Normalisation;
}

/** As a checkpoint's metadata states it. */
export const normalisationText = ({ mean, std }: Normalisation): string => JSON.stringify({ mean, std });

export function saveTeacher(path: string, network: Network, state: NetworkState, data: RunData, made: Record<string, string>): void {
  writeSafetensors(path, state, {
    network: network.name,
    classes: String(network.classes),
    labels: JSON.stringify(data.labels),
    normalisation: normalisationText(data.preprocessing),
    ...made,
  });
}

function ourTeachers(): string[] {
  if (!existsSync(teachersFolder)) return [];
  return readdirSync(teachersFolder).filter((name) => name.endsWith(EXTENSION)).map((name) => name.slice(0, -EXTENSION.length));
}
