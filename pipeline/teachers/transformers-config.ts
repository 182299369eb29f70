/**
 * Files of Hugging Face transformers beside a model: `config.json` names its classes, `preprocessor_config.json` says how it sees images.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StatedPreprocessing, TeacherStatement } from './statement.ts';

type Json = Record<string, unknown>;

/**
 * Statement of the two files beside a model, or in the folder above, as exporters to ONNX leave them.
 * @returns undefined if there is neither
 * @throws Error in one line for a file that is not JSON
 */
export function transformersStatement(model: string): { statement: TeacherStatement; path: string } | undefined {
  const folder = dirname(model);
  const found = [folder, dirname(folder)].find((candidate) => existsSync(join(candidate, 'preprocessor_config.json')));
  if (found === undefined) return undefined;
  const config = readJson(join(found, 'config.json'));
  const preprocessor = readJson(join(found, 'preprocessor_config.json'))!;
  const labels = config && labelsOf(config);
  const preprocessing = preprocessingOf(preprocessor, config ?? {});
  return { statement: { ...(labels && { labels }), preprocessing }, path: join(found, 'preprocessor_config.json') };
}

function readJson(path: string): Json | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Json;
  } catch (error) {
    throw new Error(`${path} is not JSON: ${(error as Error).message.replace(/\s+/g, ' ')}`, { cause: error });
  }
}

/** The classes by their index; undefined if they have no names but their numbers. */
function labelsOf({ id2label }: Json): string[] | undefined {
  if (typeof id2label !== 'object' || id2label === null) return undefined;
  const entries = Object.entries(id2label as Record<string, string>).sort(([a], [b]) => Number(a) - Number(b));
  const numbered = entries.every(([, label], i) => label === `LABEL_${i}`);
  return numbered || entries.some(([index], i) => Number(index) !== i) ? undefined : entries.map(([, label]) => label);
}

/** Pixels of `{height, width}`, `{shortest_edge}` or a number. */
function sizeOf(value: unknown): { height?: number; width?: number; shortest?: number } {
  if (typeof value === 'number') return { shortest: value };
  const { height, width, shortest_edge: shortest } = (value ?? {}) as { height?: number; width?: number; shortest_edge?: number };
  return { height, width, shortest };
}

function preprocessingOf(preprocessor: Json, config: Json): StatedPreprocessing {
  const size = sizeOf(preprocessor.size);
  // Some processors crop without a key that says so.
  const crop = preprocessor.do_center_crop === false ? {} : sizeOf(preprocessor.crop_size);
  const side = crop.shortest ?? size.shortest ?? (typeof config.image_size === 'number' ? config.image_size : undefined);
  const height = crop.height ?? size.height ?? side;
  const width = crop.width ?? size.width ?? side;
  const mean = preprocessor.do_normalize === false ? [0, 0, 0] : (preprocessor.image_mean as number[] | undefined);
  const std = preprocessor.do_normalize === false ? [1, 1, 1] : (preprocessor.image_std as number[] | undefined);
  const scale = preprocessor.do_rescale === false ? 1 : (preprocessor.rescale_factor as number | undefined);
  // Both sides are stated: images are brought to them whatever their aspect ratio.
  const stretches = size.height !== undefined && crop.height === undefined;
  return {
    ...(height !== undefined && width !== undefined && { height, width }),
    fit: stretches ? 'stretch' : 'cover',
    ...(mean && std && { mean, std }),
    ...(scale !== undefined && { scale }),
  };
}
