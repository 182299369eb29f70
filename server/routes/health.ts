import { Router } from 'express';
import { AppError } from '@sld-edge/runtime';
import { methodNotAllowed } from '../http/problem-response.ts';
import type { InferencePool } from '../inference/pool.ts';
import type { Readiness } from '../readiness.ts';

/** `/healthz`: the process answers. `/readyz`: every model on offer has reproduced its goldens, a worker is alive, and images may come. */
export function healthRoutes(
  readiness: Readiness,
  pool: () => Pick<InferencePool, 'alive' | 'warmed' | 'jpeg'>,
  inferenceThreads: number,
): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok', inferenceThreads });
  });
  router.get('/readyz', (_request, response) => {
    if (readiness.state !== 'ready') throw new AppError('NOT_READY', { state: readiness.reason });
    const { alive, warmed, jpeg } = pool();
    if (alive() === 0) throw new AppError('NOT_READY', { state: 'no worker is alive; they are being replaced' });
    response.set('Cache-Control', 'no-store').json({ status: 'ready', models: warmed, jpeg });
  });
  router.all(['/healthz', '/readyz'], methodNotAllowed('GET', 'HEAD'));
  return router;
}
