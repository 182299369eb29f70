import { abstains, AppError, calibrationOf, toAppError, type ImageLimits, type Manifest, type VariantName } from '@sld-edge/runtime';
import { Router } from 'express';
import { abandonmentOf } from '../http/abandonment.ts';
import { inOrder } from '../http/in-order.ts';
import { setModelHeaders } from '../http/model-headers.ts';
import { sendJson, type PlainHandler } from '../http/plain.ts';
import { logFault, methodNotAllowed, problemOf } from '../http/problem-response.ts';
import { readRequestImages, requireImageBody } from '../http/request-images.ts';
import type { UploadGate } from '../http/upload-gate.ts';
import type { InferencePool } from '../inference/pool.ts';
import type { ClassifyAnswer } from '../inference/protocol.ts';
import type { Log } from '../log.ts';
import type { ModelCatalogue } from '../models/catalogue.ts';
import type { Readiness } from '../readiness.ts';
import { ClassifyQuery, type ClassifyRequestQuery } from '../schemas/classify.ts';
import { requireShape } from '../schemas/expected.ts';

export interface ClassifyDeps {
  readiness: Readiness;
  /** Called when ready. */
  catalogue: () => ModelCatalogue;
  pool: () => Pick<InferencePool, 'alive' | 'classify' | 'requireCapacity'>;
  limits: ImageLimits;
  uploads: UploadGate;
  log: Log;
}

const PATH = '/classify';

/** `POST /classify`: one image, or several and then an array of answers in their order, each an answer or a problem. */
export function classifyRoute(classify: PlainHandler): Router {
  const router = Router();
  router.post(PATH, classify);
  router.all(PATH, methodNotAllowed('POST'));
  return router;
}

/** Makes the handler that answers `POST /classify`. */
export function classifyHandler({ readiness, catalogue, pool, limits, uploads, log }: ClassifyDeps): PlainHandler {
  return async function answerClassify(request, response) {
    const startedAt = performance.now();
    readiness.require();
    const query = requireShape(ClassifyQuery, request.query);
    const { manifest, variant } = catalogue().resolve(modelOf(query, catalogue().index.default), query.variant);
    const model = { model: manifest.name, version: manifest.version, variant };
    setModelHeaders(response, model);
    const threshold = thresholdOf(query, manifest, variant);
    pool().requireCapacity();
    const bodyBytes = requireImageBody(request.headers, limits.maxBytes);
    const abandoned = abandonmentOf(response);
    const release = await uploads.admit(bodyBytes, abandoned);
    // Also after the answer: a body that was refused may still be arriving.
    response.once('close', release);
    const { images, several } = await readRequestImages(request, response, limits.maxBytes);
    response.locals.images = images.length;

    const backends = new Set<string>();
    const classify = async (bytes: Uint8Array): Promise<object> => {
      const answer = await pool().classify({ ...model, bytes, topK: query.topK }, abandoned);
      backends.add(answer.backend);
      return { ...withheld(answer, threshold), timingMs: { ...answer.timingMs, total: performance.now() - startedAt } };
    };
    const orProblem = async (bytes: Uint8Array): Promise<object> => {
      try {
        if (bytes.length === 0) throw new AppError('IMAGE_MISSING', {});
        return await classify(bytes);
      } catch (thrown) {
        const error = toAppError(thrown);
        logFault(log, error, request.path);
        return problemOf(error, request.path);
      }
    };
    // As many at once as there are workers: one request must not fill the queue.
    const answer = several ? await inOrder(images, Math.max(1, pool().alive()), orProblem) : await classify(images[0]);
    // Several where one was given up between two images, none where no image was answered.
    if (backends.size > 0) response.setHeader('Model-Backend', [...backends].join(', '));
    response.setHeader('Cache-Control', 'no-store');
    sendJson(response, JSON.stringify(answer));
  };
}

/** `name@version` of a query, its parts together or apart. */
function modelOf({ model, version }: ClassifyRequestQuery, defaultModel: string): string | undefined {
  if (version === undefined) return model;
  if (model?.includes('@')) {
    throw new AppError('REQUEST_MALFORMED', { reason: `version: expected none, since model is "${model}", got "${version}"` });
  }
  return `${model ?? defaultModel}@${version}`;
}

/** @returns undefined where nothing is to be withheld */
function thresholdOf({ abstain }: ClassifyRequestQuery, manifest: Manifest, variant: VariantName): number | undefined {
  if (abstain !== 'package') return abstain;
  const { abstainThreshold } = calibrationOf(manifest, variant);
  if (abstainThreshold === null) {
    const reason = `abstain: the variant "${variant}" of "${manifest.name}" has no threshold of its own; state one, as abstain=0.8`;
    throw new AppError('REQUEST_MALFORMED', { reason });
  }
  return abstainThreshold;
}

/** An answer without its predictions where the likeliest class is less probable than the threshold. */
function withheld(answer: ClassifyAnswer, threshold: number | undefined): object {
  if (threshold === undefined) return answer;
  const abstained = abstains(answer.predictions[0].probability, threshold);
  return { ...answer, predictions: abstained ? [] : answer.predictions, abstained, abstainThreshold: threshold };
}
