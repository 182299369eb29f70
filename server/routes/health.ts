import { Router } from 'express';
import { AppError } from '@sld-edge/runtime';
import { methodNotAllowed } from '../http/problem-response.ts';
import type { WarmedVariant } from '../inference/protocol.ts';
import type { Readiness } from '../readiness.ts';

/** `/healthz`: the process answers. `/readyz`: every model on offer has reproduced its goldens, and images may come. */
export function healthRoutes(readiness: Readiness, warmed: () => WarmedVariant[]): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });
  router.get('/readyz', (_request, response) => {
    if (readiness.state !== 'ready') throw new AppError('NOT_READY', { state: readiness.reason });
    response.set('Cache-Control', 'no-store').json({ status: 'ready', models: warmed() });
  });
  router.all(['/healthz', '/readyz'], methodNotAllowed('GET', 'HEAD'));
  return router;
}
