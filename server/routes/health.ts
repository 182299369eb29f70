import { Router } from 'express';
import { AppError } from '@sld-edge/runtime';
import { methodNotAllowed } from '../http/problem-response.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { InferencePool } from '../inference/pool.ts';
import type { Readiness } from '../readiness.ts';

/**
 * `/healthz`: the process answers. `/readyz`: every model on offer has reproduced its goldens, a worker is alive, and images may come.
 * The Open Inference Protocol asks the same by `/v2/health/live` and `/v2/health/ready`.
 */
export function healthRoutes(readiness: Readiness, pool: () => Pick<InferencePool, 'alive' | 'warmed'>, inferenceThreads: number): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok', inferenceThreads });
  });
  router.get('/v2/health/live', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ live: true });
  });
  const warmed = () => {
    readiness.require();
    const workers = pool();
    if (workers.alive() === 0) throw new AppError('NOT_READY', { state: 'no worker is alive; they are being replaced' });
    return workers.warmed;
  };
  router.get('/readyz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ready', models: warmed() });
  });
  router.get('/v2/health/ready', (_request, response) => {
    warmed();
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
