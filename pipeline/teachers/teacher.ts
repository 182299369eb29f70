/** Teachers: any classifier to learn from, with what is known of it. The repository's lie beside this file, one's own in `runs/teachers`; both are found by name. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refuseForeignModel } from '../weights/foreign-model.ts';
import { readCheckpointFile } from '../weights/index.ts';
import { weightsFile } from '../weights/transformers-folder.ts';
import type { Network } from '../networks/index.ts';
import type { NetworkState } from '../networks/state.ts';
import { writeSafetensors } from '../weights/safetensors.ts';
import { suggestion } from '../support/nearest.ts';
import { sha256, sha256OfFiles } from '../support/sha256.ts';
import type { RunData } from '../data/run-data.ts';
import { externalWeightFiles } from './external-weights.ts';
import type { TeacherHandle } from './teacher-handle.ts';
import { metadataStatement, openNetworkTeacher } from './network-teacher.ts';
import { openOnnxTeacher, type FittingData } from './onnx-teacher.ts';
import { preprocessingText, type ModelPreprocessing } from '../evaluation/model-input.ts';
import { transformersStatement } from './transformers-config.ts';
import { mergeStatements, readSideFile, type TeacherStatement } from './statement.ts';

/** Folder of the repository's teachers: `<network>.<data>.safetensors`. */
export const teachersFolder = fileURLToPath(new URL('./checkpoints', import.meta.url));

/** Folder in which `npm run teacher` keeps one's own, by the same names; git ignores it. */
export const ownTeachersFolder = join('runs', 'teachers');

const EXTENSION = '.safetensors';

/** The checkpoint of a teacher by name in a folder of teachers. */
export const checkpointIn = (folder: string, name: string): string => join(folder, `${name}${EXTENSION}`);

export interface Teacher {
  /** Name as the user gave it. */
  name: string;
  /** Digest of the file's bytes, and of those beside it that hold its weights. */
  sha256: string;
  /** A registered network's name, or `ONNX model`. */
  network: string;
  /** One line for people: what the file is, which network was found, how it sees images. */
  description: string;
  classes: number;
  preprocessing: ModelPreprocessing;
  /** Metadata that its maker recorded, in our own checkpoints. */
  metadata: Record<string, string>;
  /** SHA-256 of all that its logits depend on: the file, the network, how it sees images, the order of classes. */
  identity: string;
  /** Plain data that a worker thread opens (`openTeacherRunner`). */
  handle: TeacherHandle;
}

export interface TeacherSettings {
  /** A registered network's name for a plain dictionary of weights; empty: from the metadata, the JSON file, or by trying. */
  network?: string;
  /** Path of the JSON file; empty: the one beside the checkpoint, if there is one. */
  sideFile?: string;
  /** Wins over file and metadata. */
  stated?: TeacherStatement;
}

/** A network as it is trained, with its weights. */
export interface Trainable {
  network: Network;
  state: NetworkState;
}

/**
 * @param spec a name of ours (`resnet20.fashion-mnist`), or a path: `.safetensors`, `.pth`/`.th`/`.pt`, `.onnx`
 * @throws Error in one line: no such teacher, a file that is refused, another number of classes, nothing that states the normalisation
 */
export const loadTeacher = async (spec: string, data: FittingData, settings: TeacherSettings = {}): Promise<Teacher> =>
  (await openModel(spec, data, settings)).teacher;

/**
 * Opens a model as `loadTeacher` does, and weights of ours to train on too.
 * @returns without `trainable` for an ONNX model
 */
export async function openModel(
  spec: string,
  data: FittingData,
  settings: TeacherSettings,
): Promise<{ teacher: Teacher; trainable?: Trainable }> {
  const path = modelPathOf(spec);
  const side = readSideFile(path, settings.sideFile);
  const byUser = mergeStatements(side?.statement, settings.network ? { network: settings.network } : undefined, settings.stated);
  const beside = transformersStatement(path);
  const open = path.toLowerCase().endsWith('.onnx') ? openOnnx : openWeights;
  const opened = await open(path, data, byUser, beside?.statement);
  const { handle, network, metadata, what, trainable } = opened;
  const { preprocessing, classes, outputs, classOrder } = handle;
  const digest = await sha256OfFiles(path, ...opened.weightFiles);
  const labels = outputs
    ? `${outputs} outputs, of which the data's are found by their labels`
    : opened.labelled
      ? classOrder
        ? "put into the data's order by its labels"
        : "in the data's order, as its labels say"
      : "taken to be in the data's order: it states no labels";
  const teacher: Teacher = {
    name: spec,
    sha256: digest,
    network,
    description: `${what}; sees ${preprocessingText(preprocessing)}${side || beside ? ` (${(side ?? beside)!.path})` : ''}; ${classes} classes, ${labels}`,
    classes,
    preprocessing,
    metadata,
    identity: sha256(JSON.stringify({ sha256: digest, network, ...withoutWeights(handle) })),
    handle,
  };
  return { teacher, ...(trainable && { trainable }) };
}

interface Opened {
  handle: TeacherHandle;
  network: string;
  metadata: Record<string, string>;
  what: string;
  labelled: boolean;
  /** Files beside the model that hold its weights. */
  weightFiles: string[];
  trainable?: Trainable;
}

async function openOnnx(path: string, data: FittingData, byUser: TeacherStatement, beside?: TeacherStatement): Promise<Opened> {
  if (byUser.network !== undefined)
    throw new Error(
      `${path} is an ONNX model and brings its network: the setting teacherNetwork ("${byUser.network}") is for weights alone`,
    );
  await refuseForeignModel(path);
  const weightFiles = externalWeightFiles(path);
  const statement = mergeStatements(beside, byUser);
  const handle = await openOnnxTeacher(path, data, statement);
  const what = `ONNX model, ${handle.layout.toUpperCase()}, ${handle.batch === 0 ? 'any batch' : `batch of ${handle.batch}`}, ${handle.kindOfOutput} "${handle.output}"`;
  return { handle, network: 'ONNX model', metadata: {}, what, labelled: statement.labels !== undefined, weightFiles };
}

async function openWeights(path: string, data: FittingData, byUser: TeacherStatement, beside?: TeacherStatement): Promise<Opened> {
  const file = await readCheckpointFile(path);
  const statement = mergeStatements(beside, metadataStatement(path, file.metadata), byUser);
  const { handle, network, found, atUsualSize } = openNetworkTeacher(path, file, data, statement);
  const what = `${network.name}${found ? ', found by the names and shapes of its weights' : ''}${atUsualSize ? ', at the size of its public weights, for nothing states one' : ''}, ${file.format}${file.notes.map((note) => `, ${note}`).join('')}`;
  const trainable = { network, state: file.tensors };
  const labelled = statement.labels !== undefined;
  return { handle, network: network.name, metadata: file.metadata, what, labelled, weightFiles: [], trainable };
}

/** The file that a teacher's or model's name or path means. @throws Error in one line where there is none */
export function modelPathOf(spec: string): string {
  const path = [checkpointIn(teachersFolder, spec), checkpointIn(ownTeachersFolder, spec), spec].find((candidate) => existsSync(candidate));
  if (path !== undefined) return weightsFile(path);
  const names = [ownTeachersFolder, teachersFolder].flatMap(teachersIn);
  const without = spec === 'none' ? '; --method ce learns from the labels alone, without a teacher' : suggestion(spec, names);
  throw new Error(
    `no teacher "${spec}"${without}; allowed: a path to a .safetensors, .pth, .th, .pt or .onnx file, or one of ${names.join(', ') || '(none here yet: run npm run teacher)'}`,
  );
}

/** The teachers of a data set, by name: one's own first, the newest of them before the others. */
export function teachersOf(data: string): string[] {
  const own = teachersIn(ownTeachersFolder).sort((a, b) => ageOf(a) - ageOf(b));
  return [...own, ...teachersIn(teachersFolder)].filter((name) => name.endsWith(`.${data}`));
}

const ageOf = (own: string): number => -statSync(checkpointIn(ownTeachersFolder, own)).mtimeMs;

function withoutWeights(handle: TeacherHandle): object {
  if (handle.kind === 'onnx') return { ...handle, path: undefined };
  return { ...handle, network: handle.network.inputShape };
}

/** A normalisation as a checkpoint's metadata states it. */
export const normalisationText = ({ mean, std }: Pick<RunData['preprocessing'], 'mean' | 'std'>): string => JSON.stringify({ mean, std });

/** @param data its classes, and how the network sees images */
export function saveTeacher(
  path: string,
  network: Network,
  state: NetworkState,
  data: Pick<RunData, 'labels' | 'preprocessing'>,
  made: Record<string, string>,
): void {
  const { height, width, channels, fit, cropRatio, filter } = data.preprocessing;
  writeSafetensors(path, state, {
    network: network.name,
    classes: String(network.classes),
    labels: JSON.stringify(data.labels),
    normalisation: normalisationText(data.preprocessing),
    preprocessing: JSON.stringify({ height, width, channels, fit, cropRatio, filter }),
    ...made,
  });
}

function teachersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(EXTENSION))
    .map((name) => name.slice(0, -EXTENSION.length));
}
