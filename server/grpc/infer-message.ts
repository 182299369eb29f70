/** Messages of inference over gRPC, from and to what HTTP has too. */
import { malformed } from '../http/request-body.ts';
import { binaryOf } from '../open-inference/binary.ts';
import { datatypeOf, type InferenceResult } from '../open-inference/infer.ts';
import type { InferenceInput } from '../open-inference/input-images.ts';
import { requireShape } from '../schemas/expected.ts';
import { InferRequest } from '../schemas/open-inference.ts';

type Parameters = Record<string, Record<string, unknown>>;

export interface InferMessage {
  model_name: string;
  model_version: string;
  id: string;
  parameters: Parameters;
  inputs: {
    name: string;
    datatype: string;
    shape: number[];
    parameters: Parameters;
    contents: { uint_contents: number[]; bytes_contents: Buffer[] } | null;
  }[];
  outputs: { name: string; parameters: Parameters }[];
  raw_input_contents: Buffer[];
}

/** Takes a message apart. It is held against the schema of requests over HTTP. @throws AppError REQUEST_MALFORMED */
export function readInferMessage(message: InferMessage): { request: InferRequest; input: InferenceInput } {
  const { id, parameters, inputs, outputs, raw_input_contents: raw } = message;
  const request = requireShape(InferRequest, {
    id,
    parameters: plain(parameters),
    // Its data are looked at where they are read.
    inputs: inputs.map(({ name, datatype, shape, parameters: own }) => ({ name, datatype, shape, parameters: plain(own), data: [] })),
    outputs: outputs.length === 0 ? undefined : outputs.map(({ name, parameters: own }) => ({ name, parameters: plain(own) })),
  });
  const [{ name, datatype, shape }] = request.inputs;
  const { contents } = inputs[0];
  if (raw.length > 1 || (raw.length === 1) === (contents !== null))
    throw malformed('inputs[0]: expected its data either in "contents" or in one entry of "raw_input_contents"');
  const data = raw[0] ?? (name === 'image' ? contents!.bytes_contents : contents!.uint_contents);
  return { request, input: { name, datatype, shape, data } };
}

/** Writes the answer; outputs are raw, little-endian. */
export function inferResponse(
  { id }: InferMessage,
  { model, version, variant }: { model: string; version: string; variant: string },
  { backend, outputs }: InferenceResult,
): object {
  return {
    model_name: model,
    model_version: version,
    id,
    parameters: { variant: { string_param: variant }, backend: { string_param: backend } },
    outputs: outputs.map((output) => ({ name: output.name, datatype: datatypeOf(output), shape: output.shape })),
    raw_output_contents: outputs.map(binaryOf),
  };
}

/** Parameters as JSON has them. */
const plain = (parameters: Parameters): Record<string, unknown> =>
  Object.fromEntries(Object.entries(parameters).map(([name, choice]) => [name, Object.values(choice)[0]]));
