import {
  calibrationOf,
  loadIndexedManifest,
  loadModelIndex,
  neededFiles,
  recogniseError,
  variantNames,
  type AppError,
  type IndexEntry,
  type Manifest,
  type ModelIndex,
  type VariantName,
} from '@sld-edge/runtime';
import { readOver } from '@sld-edge/runtime/transfer';
import { INSTALLED_INDEX } from '../../offline/messages.ts';

/** A model that may be chosen. */
export interface ListedModel {
  entry: IndexEntry;
  /** Absolute URL of the package's folder, with a trailing slash. */
  packageUrl: string;
  /** Wholly on this device. */
  onDevice: boolean;
  /** The manifest, which was compared with the index; or the reason why it could not be read. */
  described: Manifest | AppError;
}

export interface ListOptions {
  /** A service worker answers what is on the device; without one nothing is. */
  hasKeeper: boolean;
  request?: typeof fetch;
}

/**
 * Lists the newest version of each model: those of the server, and those on the device where the server does not answer.
 *
 * @param modelsUrl folder of `index.json`, with a trailing slash
 * @throws AppError where neither gives a list
 */
export async function listModels(modelsUrl: string, { hasKeeper, request }: ListOptions): Promise<ListedModel[]> {
  const read = readOver(modelsUrl, { request });
  const installed: ModelIndex | null = hasKeeper ? await loadModelIndex(() => read(INSTALLED_INDEX)).catch(() => null) : null;
  const index = await loadModelIndex(read).catch((error: unknown) => {
    if (installed) return installed;
    throw error;
  });
  const newest = [...new Map(index.packages.map((entry) => [entry.name, entry])).values()];
  return Promise.all(
    newest.map(async (entry) => {
      const packageUrl = new URL('./', new URL(entry.manifest.path, modelsUrl)).href;
      const described = await loadIndexedManifest(readOver(packageUrl, { request }), entry).catch((error: unknown) => recogniseError(error));
      const onDevice = installed?.packages.some(({ name, version }) => name === entry.name && version === entry.version) ?? false;
      return { entry, packageUrl, onDevice, described };
    }),
  );
}

/** A way to compute a model, in figures. */
export interface ListedVariant {
  name: VariantName;
  isDefault: boolean;
  /** Bytes that a device fetches for it: the manifest is there already. */
  bytes: number;
  accuracy?: { top1: number; count: number };
  agreement?: { top1: number; count: number };
  abstainThreshold: number | null;
  calibrationError?: number;
}

/** The default one first. */
export function listVariants(manifest: Manifest): ListedVariant[] {
  const names = variantNames(manifest).sort((a, b) => Number(b === manifest.defaultVariant) - Number(a === manifest.defaultVariant));
  return names.map((name) => {
    const { accuracy, agreement, calibration } = manifest.variants[name]!;
    return {
      name,
      isDefault: name === manifest.defaultVariant,
      bytes: neededFiles(manifest, [name]).reduce((sum, file) => sum + file.bytes, 0),
      accuracy,
      agreement,
      abstainThreshold: calibrationOf(manifest, name).abstainThreshold,
      calibrationError: calibration?.errorAfter,
    };
  });
}

/** The address at which the page answers by a model and a variant; what else it asks for stays. */
export function addressOf(search: string, model: string, variant?: VariantName): string {
  const query = new URLSearchParams(search);
  query.set('model', model);
  if (variant) query.set('variant', variant);
  else query.delete('variant');
  // A backend computes either integers or graphs: the one of before may not compute this.
  query.delete('backend');
  return `?${query.toString()}`;
}

/** The section of a card (Markdown) under a heading, as paragraphs. */
export function sectionOf(card: string, heading: string): string[] {
  const lines = card.split(/\r?\n/);
  const from = lines.findIndex((line) => line.trim() === `## ${heading}`);
  if (from < 0) return [];
  const to = lines.findIndex((line, i) => i > from && line.startsWith('#'));
  const text = lines.slice(from + 1, to < 0 ? undefined : to).join('\n');
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').replaceAll('`', '').trim())
    .filter((paragraph) => paragraph !== '');
}
