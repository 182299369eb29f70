import { Router } from 'express';
import type { LoadedModels } from '../app.ts';
import { methodNotAllowed } from '../http/problem-response.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { reasonOf } from '../models/catalogue.ts';
import { requireReady, type Readiness } from '../readiness.ts';

/**
 * `/healthz`: the process answers. `/readyz`: images may come, and the default package is good; others that are not are named. The Open
 * Inference Protocol asks the same by `/v2/health/live` and `/v2/health/ready`.
 */
export function healthRoutes(readiness: Readiness, models: LoadedModels, inferenceThreads: number): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok', inferenceThreads });
  });
  router.get('/v2/health/live', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ live: true });
  });
  router.get('/readyz', (_request, response) => {
    requireReady(readiness, models);
    const refused = models.catalogue!.refused.map((bad) => ({ model: bad.name, version: bad.version, reason: reasonOf(bad) }));
    response
      .set('Cache-Control', 'no-store')
      .json({ status: 'ready', models: models.pool!.warmed, jpeg: models.pool!.jpeg, ...(refused.length > 0 && { refused }) });
  });
  router.get('/v2/health/ready', (_request, response) => {
    requireReady(readiness, models);
    response.set('Cache-Control', 'no-store').json({ ready: true });
  });
  router.all(['/healthz', '/readyz', '/v2/health/live', '/v2/health/ready'], methodNotAllowed('GET', 'HEAD'));
  return router;
}

/** `GET /metrics`, as Prometheus reads it. */
export function metricsRoute(metrics: Pick<Metrics, 'text' | 'contentType'>): Router {
  const router = Router();
  router.get('/metrics', async (_request, response) => {
    response.set({ 'Cache-Control': 'no-store', 'Content-Type': metrics.contentType }).send(await metrics.text());
  });
  router.all('/metrics', methodNotAllowed('GET', 'HEAD'));
  return router;
}
