import { isGraphVariant, type BackendName, type VariantName } from '@sld-edge/runtime';
import { PART_NAMES, type AppPart } from './app-parts.ts';

/** @returns the parts without which these variants, and the backend that answers, do not work. */
export function neededParts(variants: readonly VariantName[], backend: BackendName): AppPart[] {
  const needed: Record<AppPart, boolean> = { graphs: variants.some(isGraphVariant), webgpu: backend === 'webgpu' };
  return PART_NAMES.filter((part) => needed[part]);
}
