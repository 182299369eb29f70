import { readFileSync } from 'node:fs';
import { AppError } from '@sld-edge/runtime';
import { parseManifest } from '@sld-edge/runtime/format';
import { createFixturePackage } from '@sld-edge/runtime/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { manifestSchema, schemaFaults } from './manifest-schema.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A manifest with everything that one may have. */
async function fullManifest(formatVersion: number): Promise<{ [key: string]: Json }> {
  const file = { path: 'samples/0.png', bytes: 1, sha256: 'ab'.repeat(32) };
  const selective = { coverage: 0.5, error: 0.25, count: 4 };
  const own = {
    temperature: 2,
    abstainThreshold: 0.5,
    errorBefore: 0.2,
    errorAfter: 0.1,
    flawlessValidation: true as const,
    abstain: { allowedError: 0.05, validation: selective, test: selective },
  };
  const { files } = await createFixturePackage({
    integer: true,
    formatVersion,
    changeManifest: (manifest) => {
      manifest.variants.uint8!.calibration = own;
      if (formatVersion === 3) manifest.preprocessing.cropRatio = 0.875;
      const float32 = manifest.variants.float32!;
      const { logits } = manifest.goldens;
      if (logits) logits.mixed = logits.float32;
      manifest.variants.mixed = {
        ...float32,
        format: 'sld-edge-graph-model',
        shards: float32.shards.slice(0, 1),
        weightBytes: float32.shards[0].bytes,
      };
      Object.assign(manifest.variants, { later: { ...manifest.variants.mixed, format: 'sld-edge-later' } });
      if (formatVersion >= 3) {
        const { accuracy, ...integer } = manifest.variants.integer!;
        manifest.variants.integer = { ...integer, agreement: accuracy };
      }
      manifest.goldens.layers = { ...file, path: 'goldens/layers.json' };
      Object.assign(manifest, {
        samples: [{ file, label: 'circle' }],
        onnx: {
          opset: 17,
          model: { ...file, path: 'onnx/model.onnx' },
          int8: {
            model: { ...file, path: 'onnx/model-int8.onnx' },
            accuracy: { top1: 0.5, top5: 1, count: 4 },
            agreementWithFloat32: 0.75,
            agreementWithIntegers: 1,
          },
        },
        metrics: { testTop1: 0.5 },
        provenance: { seed: 1 },
        calibration: { temperature: 2, abstainThreshold: 0.5 },
      });
    },
  });
  return JSON.parse(new TextDecoder().decode(files.get('manifest.json'))) as { [key: string]: Json };
}

const manifest = await fullManifest(3);
const before = await fullManifest(2);

/** Replacements for a value: other types, and numbers and texts at the borders of what is allowed. */
const REPLACEMENTS: Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  3,
  0.5,
  1.5,
  2 ** 53,
  1e300,
  [],
  {},
  [0.5],
  [0.5, 0.5, 0.5],
  [1, 'x'],
  '',
  'x',
  'X y',
  '1',
  '../x',
  'a/../b',
  './a',
  'a/b',
  'a//b',
  '/a',
  'a/',
  'a\n',
  '..a',
  '0123456789ab',
  '0123456789AB',
  'ab'.repeat(32),
  'float32',
  'mixed',
  'integer',
  'later',
  'tfjs-graph-model',
  'sld-edge-graph-model',
  'sld-edge-integer',
  'stretch',
  'triangle',
  2,
];

/** Every manifest that differs from the good one in one place: a value replaced, left out or (of objects and lists) added. */
function* mutations(manifest: Json): Generator<{ what: string; mutated: Json }> {
  const changed = changedIn(manifest);
  for (const path of pathsOf(manifest)) {
    for (const replacement of REPLACEMENTS)
      yield {
        what: `${path.join('.')} = ${JSON.stringify(replacement)}`,
        mutated: changed(path, (parent, key) => (parent[key] = replacement)),
      };
    yield {
      what: `without ${path.join('.')}`,
      mutated: changed(path, (parent, key) => {
        if (Array.isArray(parent)) parent.splice(Number(key), 1);
        else delete parent[key];
      }),
    };
    yield {
      what: `beside ${path.join('.')}`,
      mutated: changed(path, (parent) => (Array.isArray(parent) ? parent.push(parent[0]) : (parent.more = 'of it'))),
    };
  }
}

function pathsOf(value: Json, prefix: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [[...prefix, key], ...pathsOf(item, [...prefix, key])]);
}

const changedIn =
  (manifest: Json) =>
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  (path: string[], change: (parent: any, key: string) => void): Json => {
    const copy = structuredClone(manifest);
    const parent = path.slice(0, -1).reduce<Json>((value, key) => (value as { [key: string]: Json })[key], copy);
    change(parent, path.at(-1)!);
    return copy;
  };

/** Returns the error with which the runtime's reader refuses it; undefined if it reads it. */
function readersFault(value: Json): AppError | undefined {
  try {
    parseManifest(new TextEncoder().encode(JSON.stringify(value)));
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

describe('the JSON Schema of the manifest', () => {
  it('is one of draft 2020-12, without anything that the draft does not know', () => {
    expect(manifestSchema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    expect(ajv.validateSchema(manifestSchema), JSON.stringify(ajv.errors)).toBe(true);
  });

  const versions: [number, Json][] = [
    [3, manifest],
    [2, before],
    [1, { ...before, formatVersion: 1 }],
  ];

  it.each(versions)('and the reader accept the same good manifest of version %i', (_, good) => {
    expect(schemaFaults(good)).toEqual([]);
    expect(readersFault(good)).toBeUndefined();
  });

  it.each(versions)('and the reader give the same verdict on every manifest of version %i that differs from it in one place', (_, good) => {
    let refused = 0;
    let accepted = 0;
    const disagreements: string[] = [];
    for (const { what, mutated } of mutations(good)) {
      const fault = readersFault(mutated);
      const faults = schemaFaults(mutated);
      // The one rule that a schema can't state: the sum of the shards.
      if (fault?.details.field?.toString().endsWith('.weightBytes') && faults.length === 0) continue;
      if ((fault === undefined) !== (faults.length === 0))
        disagreements.push(`${what}: reader ${fault?.message ?? 'accepts'}; schema ${faults.join(', ') || 'accepts'}`);
      if (fault) refused++;
      else accepted++;
    }
    expect(disagreements).toEqual([]);
    expect(refused).toBeGreaterThan(2000);
    expect(accepted).toBeGreaterThan(100);
  });

  it('names the place and what is allowed there', () => {
    const broken = { ...manifest, labels: ['a', 7], defaultVariant: 'int4' };
    expect(schemaFaults(broken)).toEqual([
      '/labels/1 must be string',
      '/defaultVariant must be equal to one of the allowed values: "float32", "uint8", "mixed", "integer"',
    ]);
  });

  it('is named by the documentation of the format', () => {
    expect(readFileSync(new URL('../../../docs/package-format.md', import.meta.url), 'utf8')).toContain(
      'runtime/package/manifest.schema.json',
    );
  });
});
