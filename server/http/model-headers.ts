import type { VariantName } from '@sld-edge/runtime';
import type { Response } from 'express';

/** Headers that say what answers. */
export function setModelHeaders(
  response: Response,
  { model, version, variant }: { model: string; version: string; variant: VariantName },
): void {
  response.set({ 'Model-Name': model, 'Model-Version': version, 'Model-Variant': variant });
}
