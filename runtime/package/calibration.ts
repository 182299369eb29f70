import type { Calibration, Manifest } from './manifest.ts';
import { variantOf } from './variant-of.ts';
import type { VariantName } from './variants.ts';

/** A variant's own calibration, or the package's if it is from before variants had their own. @throws AppError VARIANT_UNKNOWN */
export function calibrationOf(manifest: Pick<Manifest, 'name' | 'calibration' | 'variants'>, variant: VariantName): Calibration {
  return variantOf(manifest, variant).calibration ?? manifest.calibration;
}
