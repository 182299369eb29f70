/**
 * Statement about a teacher besides its weights: in a small JSON file beside it, by flags, or in the metadata of our own checkpoints.
 * Format: docs/teachers.md.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parse, join } from 'node:path';
import { PLAIN_SCALE, type ImageSize, type ModelPreprocessing } from '../evaluation/model-input.ts';
import { OUTPUT_KINDS, type OutputKind } from './teacher-handle.ts';
import { isTfjsModel, isTransformersConfig } from '../weights/foreign-model.ts';

export interface StatedPreprocessing extends Partial<ModelPreprocessing> {
  layout?: 'nchw' | 'nhwc';
}

export interface TeacherStatement {
  /** Name of a registered network, for a dictionary of weights. */
  network?: string;
  preprocessing?: StatedPreprocessing;
  /** The teacher's classes, in the order of its outputs. */
  labels?: string[];
  /** Name of an ONNX model's input. */
  input?: string;
  output?: { name?: string; kind?: OutputKind };
}

type Check = (value: unknown) => boolean;
const text: Check = (value) => typeof value === 'string' && value !== '';
const size: Check = (value) => Number.isInteger(value) && (value as number) > 0 && (value as number) <= 4096;
const finite: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const positive: Check = (value) => finite(value) && (value as number) > 0;
const oneOf =
  (...allowed: unknown[]): Check =>
  (value) =>
    allowed.includes(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length > 0 && value.every(check);

/** Every key that may be stated: its check, and what is expected, for the refusal. */
const ALLOWED: Record<string, [Check, string]> = {
  network: [text, "a registered network's name"],
  labels: [list(text), 'a list of class names'],
  input: [text, "the input's name"],
  'output.name': [text, "the output's name"],
  'output.kind': [oneOf(...OUTPUT_KINDS), OUTPUT_KINDS.join(', ')],
  'preprocessing.height': [size, 'pixels from 1 to 4096'],
  'preprocessing.width': [size, 'pixels from 1 to 4096'],
  'preprocessing.channels': [oneOf(1, 3), '1 or 3'],
  'preprocessing.fit': [oneOf('cover', 'stretch'), 'cover or stretch'],
  'preprocessing.cropRatio': [(value) => positive(value) && (value as number) <= 1, 'a number above 0, at most 1'],
  'preprocessing.filter': [oneOf('triangle'), 'triangle'],
  'preprocessing.mean': [list(finite), 'a list of numbers, one a channel'],
  'preprocessing.std': [list(positive), 'a list of numbers above 0, one a channel'],
  'preprocessing.scale': [positive, 'a number above 0, such as 0.00392156862745098 (1/255) or 1'],
  'preprocessing.layout': [oneOf('nchw', 'nhwc'), 'nchw or nhwc'],
  'preprocessing.channelOrder': [oneOf('rgb', 'bgr'), 'rgb or bgr'],
};

/** @throws Error in one line naming the key, what came and what is allowed */
export function parseStatement(value: unknown, from: string): TeacherStatement {
  const isObject = (candidate: unknown): candidate is Record<string, unknown> =>
    typeof candidate === 'object' && candidate !== null && !Array.isArray(candidate);
  if (!isObject(value)) throw new Error(`${from}: expected a JSON object with ${topKeys().join(', ')}`);
  const check = (key: string, entry: unknown): void => {
    if (!Object.hasOwn(ALLOWED, key)) throw new Error(`${from}: unknown key "${key}"; allowed: ${Object.keys(ALLOWED).join(', ')}`);
    const [holds, expected] = ALLOWED[key];
    if (!holds(entry)) throw new Error(`${from}: "${key}" expects ${expected}, got ${JSON.stringify(entry)}`);
  };
  for (const [key, entry] of Object.entries(value)) {
    if (key !== 'preprocessing' && key !== 'output') check(key, entry);
    else if (!isObject(entry)) throw new Error(`${from}: "${key}" expects an object, got ${JSON.stringify(entry)}`);
    else for (const [inner, innerEntry] of Object.entries(entry)) check(`${key}.${inner}`, innerEntry);
  }
  return value as TeacherStatement;
}

const topKeys = (): string[] => [...new Set(Object.keys(ALLOWED).map((key) => key.split('.')[0]))];

/** The file beside a checkpoint: `teacher.onnx.json`, else `teacher.json`. */
export const sideFilesOf = (checkpoint: string): string[] => {
  const { dir, name } = parse(checkpoint);
  return [`${checkpoint}.json`, join(dir, `${name}.json`)];
};

/**
 * @param named a file that the user named; empty: the one beside the checkpoint, if there is one
 * @throws Error in one line where a named file is missing, or the file can't be understood
 */
export function readSideFile(checkpoint: string, named = ''): { statement: TeacherStatement; path: string } | undefined {
  const path = named || sideFilesOf(checkpoint).find((candidate) => existsSync(candidate));
  if (!path) return undefined;
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`cannot read ${path}, which says how the teacher sees images: ${(error as Error).message}`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new Error(`${path} is not JSON: ${(error as Error).message.replace(/\s+/g, ' ')}`, { cause: error });
  }
  // Found by its name alone, it may be another program's: a tfjs model, or what transformers.js keeps beside its own.
  if (!named && (isTfjsModel(value) || isTransformersConfig(value))) return undefined;
  return { statement: parseStatement(value, path), path };
}

/** The later ones win, key by key. */
export function mergeStatements(...statements: (TeacherStatement | undefined)[]): TeacherStatement {
  const merged: TeacherStatement = {};
  for (const statement of statements) {
    Object.assign(merged, statement, {
      preprocessing: { ...merged.preprocessing, ...statement?.preprocessing },
      output: { ...merged.output, ...statement?.output },
    });
  }
  return merged;
}

/**
 * A whole preprocessing from what is stated and the size that the network takes.
 * @throws Error in one line where no normalisation is stated, with a JSON that is ready to be pasted
 */
export function completePreprocessing(checkpoint: string, stated: StatedPreprocessing, size: ImageSize): ModelPreprocessing {
  const { mean, std } = stated;
  const { height, width } = size;
  const channels = size.channels as 1 | 3;
  if (!mean || !std) {
    const example = channels === 3 ? { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } : { mean: [0.5], std: [0.5] };
    const json = JSON.stringify({ preprocessing: { height, width, channels, ...example } });
    throw new Error(
      `nothing says how the images of ${checkpoint} are normalised: write ${sideFilesOf(checkpoint)[0]}, such as ${json}, with the mean and std of values in [0, 1] that it was trained with (${channels === 3 ? "these are ImageNet's" : 'these map to -1…1'})`,
    );
  }
  if (mean.length !== channels || std.length !== channels)
    throw new Error(
      `${checkpoint} takes ${channels} channel${channels === 1 ? '' : 's'}: mean and std need as many numbers each; came ${mean.length} and ${std.length}`,
    );
  return {
    height,
    width,
    channels,
    fit: stated.fit ?? 'cover',
    ...(stated.cropRatio !== undefined && { cropRatio: stated.cropRatio }),
    filter: 'triangle',
    mean,
    std,
    scale: stated.scale ?? PLAIN_SCALE,
    channelOrder: stated.channelOrder ?? 'rgb',
  };
}
