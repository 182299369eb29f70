/** Open Inference Protocol, version 2, over HTTP: what may be asked, and what is answered. */
import { z } from 'zod';
import { expected, record } from './expected.ts';

const flag = z.boolean(expected('true or false'));
const text = z.string(expected('text'));
const bytesOfTensor = z.int(expected('a number of bytes')).min(0, expected('a number of bytes'));
/** Too many numbers to look at twice: they are checked where they are read. */
const tensorData = z.custom<unknown[]>(Array.isArray, expected('an array')).meta({ type: 'array' });

const InputTensor = record('member', {
  name: z.enum(['image', 'pixels'], expected('"image" or "pixels"')),
  datatype: z.enum(['BYTES', 'UINT8'], expected('BYTES of "image" or UINT8 of "pixels"')),
  shape: z.array(z.int(expected('a whole number')).min(1, expected('a number of at least 1')), expected('an array of numbers')),
  parameters: record('parameter', {
    binary_data_size: bytesOfTensor.optional(),
    content_type: z.literal('base64', expected('"base64"')).optional(),
  }).optional(),
  data: tensorData
    .optional()
    .meta({
      description: 'Of `image`, files in base64; of `pixels`, numbers from 0 to 255, nested or in a row. None where they are binary.',
    }),
});

export const OUTPUTS = ['probabilities', 'logits'] as const;

const RequestedOutput = record('member', {
  name: z.enum(OUTPUTS, expected('"probabilities" or "logits"')),
  parameters: record('parameter', {
    binary_data: flag.optional(),
    classification: z
      .int(expected('a number of classes'))
      .min(1, expected('a number of at least 1'))
      .optional()
      .meta({ description: 'Gives so many of the largest values as text, "value:index:label", in the place of all values.' }),
  }).optional(),
});

export const InferRequest = record('member', {
  id: text.optional().meta({ description: 'Comes back in the answer.' }),
  parameters: record('parameter', {
    variant: text.optional().meta({ description: 'A variant of the package; without it, its default variant.' }),
    binary_data_output: flag.optional().meta({ description: 'Every output that does not say otherwise is binary.' }),
  }).optional(),
  inputs: z
    .array(InputTensor, expected('an array of one input'))
    .length(1, { error: ({ input }) => `expected one input, "image" or "pixels", got ${(input as unknown[]).length}` }),
  outputs: z
    .array(RequestedOutput, expected('an array of outputs'))
    .min(1, expected('at least one output'))
    .optional()
    .meta({ description: 'Without them, all.' }),
}).meta({ id: 'InferRequest' });

export type InferRequest = z.output<typeof InferRequest>;
export type InputTensor = z.output<typeof InputTensor>;
export type RequestedOutput = z.output<typeof RequestedOutput>;

const tensor = { name: z.string(), datatype: z.string(), shape: z.array(z.int()) };

export const ModelMetadata = z
  .object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(z.object(tensor)).meta({ description: 'One of them is sent.' }),
    outputs: z.array(z.object(tensor)),
  })
  .meta({ id: 'ModelMetadata' });

export const ServerMetadata = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .meta({ id: 'ServerMetadata' });

export const InferResponse = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    parameters: z.object({ variant: z.string(), backend: z.string() }),
    outputs: z.array(
      z.object({
        ...tensor,
        parameters: z.object({ binary_data_size: z.int() }).optional(),
        data: z.array(z.union([z.number(), z.string()])).optional(),
      }),
    ),
  })
  .meta({ id: 'InferResponse' });

export const ServerLive = z.object({ live: z.literal(true) }).meta({ id: 'ServerLive' });
export const ServerReady = z.object({ ready: z.literal(true) }).meta({ id: 'ServerReady' });
export const ModelReady = z.object({ name: z.string(), ready: z.literal(true) }).meta({ id: 'ModelReady' });

export const InferenceError = z
  .object({ error: z.string().meta({ description: 'A code of the catalogue, a colon, and a sentence.' }) })
  .meta({ id: 'InferenceError' });
