import { z } from 'zod';

/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 takes it. */
export type JsonSchema = Record<string, unknown>;

interface SchemaCollector {
  /** @returns the schema, or a reference where it has a name */
  schemaOf(schema: z.ZodType): JsonSchema;
  /** Schemas that were met and have a name, by name. */
  readonly named: Record<string, JsonSchema>;
}

/** Makes JSON Schemas of ours; those with an `id` become components that the others refer to. */
export function createSchemaCollector(): SchemaCollector {
  const named: Record<string, JsonSchema> = {};
  return {
    named,
    schemaOf(schema) {
      const json = JSON.stringify(z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }));
      const { $schema, $defs, ...own } = JSON.parse(json.replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema;
      Object.assign(named, $defs);
      return own;
    },
  };
}
