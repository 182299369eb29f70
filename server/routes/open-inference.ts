import type { AppError, ImageLimits } from '@sld-edge/runtime';
import { Router, type Request, type Response } from 'express';
import { abandonmentOf } from '../http/abandonment.ts';
import { setModelHeaders } from '../http/model-headers.ts';
import { methodNotAllowed } from '../http/problem-response.ts';
import { bodyLimit, inviteBody } from '../http/request-images.ts';
import { announcedBytes, readBody } from '../http/request-body.ts';
import type { UploadGate } from '../http/upload-gate.ts';
import type { InferencePool } from '../inference/pool.ts';
import type { ModelCatalogue } from '../models/catalogue.ts';
import { binaryOf, JSON_LENGTH_HEADER, jsonLength, parseInferRequest } from '../open-inference/binary.ts';
import { datatypeOf, infer, type InferenceResult } from '../open-inference/infer.ts';
import { modelMetadata, serverMetadata } from '../open-inference/metadata.ts';
import type { Readiness } from '../readiness.ts';
import type { InferRequest } from '../schemas/open-inference.ts';

export interface OpenInferenceDeps {
  readiness: Readiness;
  catalogue: () => ModelCatalogue;
  pool: () => Pick<InferencePool, 'alive' | 'classify' | 'requireCapacity'>;
  limits: ImageLimits;
  uploads: UploadGate;
}

/** Open Inference Protocol, version 2: the paths beside those of health, as KServe and Triton answer them. */
export function openInferenceRoutes({ readiness, catalogue, pool, limits, uploads }: OpenInferenceDeps): Router {
  const router = Router();
  const found = ({ params }: Request, variant?: string) => {
    const { model, version } = params as { model: string; version?: string };
    return catalogue().resolve(version === undefined ? model : `${model}@${version}`, variant);
  };
  const paths = (end: string): string[] => [`/v2/models/:model${end}`, `/v2/models/:model/versions/:version${end}`];

  router.get('/v2', (_request, response) => void response.json(serverMetadata));
  router.get(paths(''), (request, response) => void response.json(modelMetadata(found(request).manifest, catalogue())));
  router.get(paths('/ready'), (request, response) => {
    readiness.require();
    response.set('Cache-Control', 'no-store').json({ name: found(request).manifest.name, ready: true });
  });
  router.post(paths('/infer'), async (request, response) => {
    readiness.require();
    found(request);
    pool().requireCapacity();
    const length = jsonLength(request.headers);
    const limit = bodyLimit(length === null ? 'json' : 'multipart', limits.maxBytes);
    const abandoned = abandonmentOf(response);
    response.once('close', await uploads.admit(announcedBytes(request.headers, limit), abandoned));
    inviteBody(request, response);
    const { request: asked, input } = parseInferRequest(await readBody(request, limit), length);
    const { manifest, variant } = found(request, asked.parameters?.variant);
    const model = { model: manifest.name, version: manifest.version, variant };
    setModelHeaders(response, model);
    const wanted = asked.outputs?.map(({ name, parameters }) => ({ name, classification: parameters?.classification }));
    const inference = await infer({ manifest, variant, input, wanted, limits, pool: pool(), abandoned });
    response.locals.images = inference.outputs[0].shape[0];
    sendInference(response, asked, model, inference);
  });
  router.all('/v2', methodNotAllowed('GET', 'HEAD'));
  router.all([...paths(''), ...paths('/ready')], methodNotAllowed('GET', 'HEAD'));
  router.all(paths('/infer'), methodNotAllowed('POST'));
  return router;
}

/** Outputs in JSON, or those that were asked for so as bytes behind it. */
function sendInference(
  response: Response,
  asked: InferRequest,
  { model, version, variant }: { model: string; version: string; variant: string },
  { backend, outputs }: InferenceResult,
): void {
  const binaries: Buffer[] = [];
  const described = outputs.map((output, i) => {
    const tensor = { name: output.name, datatype: datatypeOf(output), shape: output.shape };
    const binary = asked.outputs?.[i].parameters?.binary_data ?? asked.parameters?.binary_data_output ?? false;
    if (!binary) return { ...tensor, data: Array.from<number | string>(output.data) };
    const bytes = binaryOf(output);
    binaries.push(bytes);
    return { ...tensor, parameters: { binary_data_size: bytes.length } };
  });
  const json = JSON.stringify({
    model_name: model,
    model_version: version,
    ...(asked.id === undefined ? {} : { id: asked.id }),
    parameters: { variant, backend },
    outputs: described,
  });
  response.set({ 'Cache-Control': 'no-store', 'Model-Backend': backend });
  if (binaries.length === 0) return void response.type('json').send(json);
  const header = Buffer.from(json);
  response.set(JSON_LENGTH_HEADER, String(header.length)).type('application/octet-stream');
  response.send(Buffer.concat([header, ...binaries]));
}

/** Makes the protocol's form of an error; of several images it names the one that met it. */
export function inferenceError({ code, message, details }: AppError): { error: string } {
  return { error: `${code}: ${details.image === undefined ? '' : `image[${details.image}]: `}${message}` };
}
