/** Differences of two packages: in their manifests, and in their weights tensor by tensor. */
import { loadManifest, loadPackage, variantNames, type FileEntry, type Manifest, type ReadFile } from '@sld-edge/runtime';
import { weightTensors, type WeightTensor } from './weight-tensors.ts';

/** One value that differs; absent on the side that has none. */
export interface ValueDifference {
  /** Path of the value, as `variants.uint8.accuracy.top1` or `labels[3]`. */
  path: string;
  a?: unknown;
  b?: unknown;
}

export type TensorDifference = { name: string } & (
  | { status: 'identical' | 'onlyInA' | 'onlyInB' }
  | { status: 'reshaped'; a: number[]; b: number[] }
  /** `largest` absolute difference of a value; `relative` to the largest magnitude in `a`. */
  | { status: 'changed'; largest: number; relative: number; changedValues: number; values: number }
);

export interface PackageDifferences {
  a: { name: string; version: string };
  b: { name: string; version: string };
  identical: boolean;
  /** Differences by part of the manifest; parts without a difference are absent. */
  manifest: Record<string, ValueDifference[]>;
  /** Differences of the weights, for the variants that both have. */
  weights: Record<string, TensorDifference[]>;
}

/**
 * Every file that is read is verified by its digest first.
 * @throws AppError if one is missing or damaged
 */
export async function comparePackages(readA: ReadFile, readB: ReadFile): Promise<PackageDifferences> {
  const [a, b] = await Promise.all([loadManifest(readA), loadManifest(readB)]);
  const both = variantNames(a).filter((variant) => Object.hasOwn(b.variants, variant));
  const weights: PackageDifferences['weights'] = {};
  for (const variant of both) {
    const [tensorsA, tensorsB] = await Promise.all([readA, readB].map(async (read) => weightTensors(await loadPackage(read, { variant }))));
    weights[variant] = compareTensors(tensorsA, tensorsB);
  }
  const manifest = Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])]
      .map((part): [string, ValueDifference[]] => [part, valueDifferences(part, a[part as keyof Manifest], b[part as keyof Manifest])])
      .filter(([part, found]) => part !== 'version' && found.length > 0),
  );
  const identity = ({ name, version }: Manifest): { name: string; version: string } => ({ name, version });
  return { a: identity(a), b: identity(b), identical: a.version === b.version && Object.keys(manifest).length === 0, manifest, weights };
}

/** The leaves in which two JSON values differ. A file is one leaf: its path, or its digest where the path is the same. */
export function valueDifferences(path: string, a: unknown, b: unknown): ValueDifference[] {
  if (isFile(a) && isFile(b)) return a.sha256 === b.sha256 && a.path === b.path ? [] : [{ path, a: fileText(a), b: fileText(b) }];
  if (isObject(a) && isObject(b))
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) => valueDifferences(`${path}.${key}`, a[key], b[key]));
  if (Array.isArray(a) && Array.isArray(b))
    return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => valueDifferences(`${path}[${i}]`, a[i], b[i])).flat();
  return JSON.stringify(a) === JSON.stringify(b) ? [] : [{ path, ...(a !== undefined && { a }), ...(b !== undefined && { b }) }];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isFile = (value: unknown): value is FileEntry =>
  isObject(value) && typeof value.path === 'string' && typeof value.sha256 === 'string';
const fileText = ({ path, bytes, sha256 }: FileEntry): string => `${path}, ${bytes} bytes, SHA-256 ${sha256.slice(0, 12)}…`;

/**
 * Compares tensors in the order of `a`, then those that only `b` has. Values are compared as a network computes with them, however they are
 * stored.
 */
export function compareTensors(a: Map<string, WeightTensor>, b: Map<string, WeightTensor>): TensorDifference[] {
  const found: TensorDifference[] = [];
  for (const [name, { shape, values }] of a) {
    const other = b.get(name);
    if (!other) found.push({ name, status: 'onlyInA' });
    else if (String(shape) !== String(other.shape)) found.push({ name, status: 'reshaped', a: shape, b: other.shape });
    else found.push({ name, ...compareValues(values, other.values) });
  }
  for (const name of b.keys()) if (!a.has(name)) found.push({ name, status: 'onlyInB' });
  return found;
}

function compareValues(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): { status: 'identical' } | Omit<Extract<TensorDifference, { status: 'changed' }>, 'name'> {
  let largest = 0;
  let magnitude = 0;
  let changedValues = 0;
  for (let i = 0; i < a.length; i++) {
    magnitude = Math.max(magnitude, Math.abs(a[i]));
    if (Object.is(a[i], b[i])) continue;
    changedValues++;
    largest = Math.max(largest, Math.abs(a[i] - b[i]));
  }
  return changedValues === 0
    ? { status: 'identical' }
    : { status: 'changed', largest, relative: magnitude === 0 ? Infinity : largest / magnitude, changedValues, values: a.length };
}
