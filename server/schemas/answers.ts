/** Shapes of what is answered. Nothing is held against them while the server runs; tests hold real answers against them. */
import { VARIANT_NAMES } from '@sld-edge/runtime';
import { z } from 'zod';

const milliseconds = z.number().min(0);
const fraction = z.number().min(0).max(1);
const variantName = z.enum(VARIANT_NAMES);

export const ClassificationAnswer = z
  .object({
    model: z.string(),
    version: z.string(),
    variant: variantName,
    backend: z.string().meta({ description: 'What computed the answer.' }),
    predictions: z
      .array(z.object({ label: z.string(), index: z.int().min(0), probability: fraction }))
      .meta({ description: 'The likeliest classes, the likeliest first; none if they are withheld.' }),
    abstained: z.boolean().meta({ description: 'The likeliest class is less probable than the threshold.' }),
    abstainThreshold: z.number().optional().meta({ description: 'The threshold, where the request has `abstain`.' }),
    timingMs: z.object({ decode: milliseconds, preprocess: milliseconds, inference: milliseconds, total: milliseconds }),
  })
  .meta({ id: 'Classification' });

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable: match on it.' }),
    details: z.record(z.string(), z.union([z.string(), z.number()])),
    instance: z.string().optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' });

export const ClassifyAnswers = z.union([ClassificationAnswer, z.array(z.union([ClassificationAnswer, Problem]))]);

const accuracy = z.object({ top1: fraction, top5: fraction, count: z.int().min(0) });

const aliases = z.record(z.string(), z.string()).meta({ description: 'Other names of models, by name.' });

export const ModelList = z
  .object({
    default: z.string(),
    aliases,
    models: z.array(
      z.object({
        name: z.string(),
        version: z.string(),
        title: z.string(),
        quick: z.boolean().meta({ description: 'A trial of the stages, no real result.' }),
        labels: z.array(z.string()),
        input: z.object({ height: z.int(), width: z.int(), channels: z.union([z.literal(1), z.literal(3)]) }),
        defaultVariant: variantName,
        variants: z.array(
          z.object({
            name: variantName,
            format: z.string(),
            weightBytes: z.int(),
            accuracy: accuracy.optional(),
            agreement: accuracy.optional(),
            agreementWithFloat32: fraction,
            threads: z.int().min(1),
            abstainThreshold: z.number().nullable(),
          }),
        ),
        manifest: z.object({ path: z.string(), sha256: z.string() }),
      }),
    ),
  })
  .meta({ id: 'ModelList' });

export const PackageIndex = z
  .object({
    formatVersion: z.int(),
    default: z.string(),
    aliases: aliases.optional(),
    packages: z.array(
      z.object({
        name: z.string(),
        version: z.string(),
        title: z.string(),
        quick: z.boolean(),
        manifest: z.object({ path: z.string(), bytes: z.int(), sha256: z.string() }),
        needed: z.array(z.string()).optional(),
      }),
    ),
  })
  .meta({ id: 'PackageIndex' });

export const Health = z.object({ status: z.literal('ok'), inferenceThreads: z.int().min(1) }).meta({ id: 'Health' });

export const ReadyAnswer = z
  .object({
    status: z.literal('ready'),
    models: z.array(
      z.object({
        model: z.string(),
        version: z.string(),
        variant: variantName,
        backend: z.string(),
        goldenError: z.number().min(0),
        threads: z.int().min(1),
        rejected: z.array(z.object({ backend: z.string(), reason: z.string() })).optional(),
      }),
    ),
    jpeg: z
      .array(z.object({ decoder: z.string(), reason: z.string().optional() }))
      .meta({ description: 'Decoders of JPEG pictures that workers use; with sharp the reason why it is that.' }),
    refused: z
      .array(z.object({ model: z.string(), version: z.string(), reason: z.string() }))
      .optional()
      .meta({ description: 'Packages that do not answer, and why.' }),
  })
  .meta({ id: 'Readiness' });
