import type { Calibration, Manifest, VariantName } from './manifest.ts';

/** A variant's own calibration, or the package's where it is of before variants had their own. */
export function calibrationOf({ calibration, variants }: Pick<Manifest, 'calibration' | 'variants'>, variant: VariantName): Calibration {
  return variants[variant].calibration ?? calibration;
}
