/** `manifest.json` checked against its published JSON Schema (draft 2020-12), by Ajv. */
import { createRequire } from 'node:module';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';

/** The published schema, `runtime/package/manifest.schema.json`. */
export const manifestSchema = createRequire(import.meta.url)('@sld-edge/runtime/manifest.schema.json') as Record<string, unknown>;

let validate: ValidateFunction | undefined;

/** @returns one line for each fault, as `/labels/1 must be string`; none for a manifest that follows the schema */
export function schemaFaults(manifest: unknown): string[] {
  validate ??= new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(manifestSchema);
  return validate(manifest) ? [] : [...new Set(validate.errors!.map(faultText))];
}

function faultText({ instancePath, message, params }: ErrorObject): string {
  const allowed =
    'allowedValues' in params ? `: ${(params.allowedValues as unknown[]).map((value) => JSON.stringify(value)).join(', ')}` : '';
  return `${instancePath || '/'} ${message}${allowed}`;
}
