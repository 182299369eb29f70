import { Router } from 'express';
import { methodNotAllowed } from '../http/problem-response.ts';
import type { Metrics } from '../metrics/metrics.ts';

/** `GET /metrics`, as Prometheus reads it. */
export function metricsRoute(metrics: Pick<Metrics, 'text' | 'contentType'>): Router {
  const router = Router();
  router.get('/metrics', async (_request, response) => {
    response.set({ 'Cache-Control': 'no-store', 'Content-Type': metrics.contentType }).send(await metrics.text());
  });
  router.all('/metrics', methodNotAllowed('GET', 'HEAD'));
  return router;
}
