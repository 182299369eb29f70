import { AppError } from '../errors/catalogue.ts';
import type { Manifest, Variant } from './manifest.ts';
import { VARIANT_NAMES, type VariantName } from './variants.ts';

/** The variants of a package that this program can compute, in the order of `VARIANTS`. */
export function variantNames({ variants }: Pick<Manifest, 'variants'>): VariantName[] {
  return VARIANT_NAMES.filter((name) => Object.hasOwn(variants, name));
}

/** @throws AppError VARIANT_UNKNOWN if the package does not have it, or has it and this program does not know it */
export function variantOf(manifest: Pick<Manifest, 'name' | 'variants'>, name: string): Variant {
  const names = variantNames(manifest);
  if (!names.includes(name as VariantName))
    throw new AppError('VARIANT_UNKNOWN', { model: manifest.name, variant: name, allowed: names.join(', ') });
  return manifest.variants[name as VariantName]!;
}
