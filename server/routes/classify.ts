import { AppError, type ImageLimits } from '@sld-edge/runtime';
import { Router } from 'express';
import { methodNotAllowed } from '../http/problem-response.ts';
import { createUploadGate } from '../http/upload-gate.ts';
import { readRequestImage, requireImageBody } from '../http/request-image.ts';
import type { InferencePool } from '../inference/pool.ts';
import type { ModelCatalogue } from '../models/catalogue.ts';
import type { Readiness } from '../readiness.ts';

export interface ClassifyDeps {
  readiness: Readiness;
  /** Called when ready. */
  catalogue: () => ModelCatalogue;
  pool: () => Pick<InferencePool, 'classify' | 'requireCapacity'>;
  limits: ImageLimits;
  uploadBudgetBytes: number;
}

const DEFAULT_TOP_K = 5;
const MAX_TOP_K = 1000;

/** `POST /classify?model=name[@version]&variant=&topK=` with an image as a form field or as the body. */
export function classifyRoute({ readiness, catalogue, pool, limits, uploadBudgetBytes }: ClassifyDeps): Router {
  const router = Router();
  const uploads = createUploadGate(uploadBudgetBytes);
  router.post('/classify', async (request, response) => {
    const startedAt = performance.now();
    readiness.require();
    const { model, variant, topK } = readQuery(request.query);
    const { manifest, variant: resolvedVariant } = catalogue().resolve(model, variant);
    pool().requireCapacity();
    requireImageBody(request, limits.maxBytes);
    const abandoned = new AbortController();
    response.once('close', () => abandoned.abort());
    const release = await uploads.admit(request, limits.maxBytes, abandoned.signal);
    // Also after the answer: a body that was refused may still be arriving.
    response.once('close', release);
    const bytes = await readRequestImage(request, response, limits.maxBytes);
    const job = { bytes, model: manifest.name, version: manifest.version, variant: resolvedVariant, topK };
    const answer = await pool().classify(job, abandoned.signal);
    response.set('Cache-Control', 'no-store').json({ ...answer, timingMs: { ...answer.timingMs, total: performance.now() - startedAt } });
  });
  router.all('/classify', methodNotAllowed('POST'));
  return router;
}

function readQuery(query: Record<string, unknown>): { model?: string; variant?: string; topK: number } {
  for (const [name, value] of Object.entries(query)) {
    if (!['model', 'variant', 'topK'].includes(name)) malformed(`unknown query parameter "${name}"; allowed: model, variant, topK`);
    if (typeof value !== 'string' || value === '') malformed(`the query parameter "${name}" needs one value`);
  }
  const { model, variant, topK } = query as Record<string, string | undefined>;
  const k = topK === undefined ? DEFAULT_TOP_K : Number(topK);
  // By its digits: `Number` also takes 0x10, 1e2, " 5 " and 3.0.
  if (topK !== undefined && (!/^\d+$/.test(topK) || k < 1 || k > MAX_TOP_K))
    malformed(`topK: expected an integer in [1, ${MAX_TOP_K}], got "${topK}"`);
  return { model, variant, topK: k };
}

function malformed(reason: string): never {
  throw new AppError('REQUEST_MALFORMED', { reason });
}
