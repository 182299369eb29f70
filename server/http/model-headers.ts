import type { VariantName } from '@sld-edge/runtime';
import type { ServerResponse } from 'node:http';
import { setHeaders } from './plain.ts';

/** Headers that say what answers. */
export function setModelHeaders(
  response: ServerResponse,
  { model, version, variant }: { model: string; version: string; variant: VariantName },
): void {
  setHeaders(response, { 'Model-Name': model, 'Model-Version': version, 'Model-Variant': variant });
}
