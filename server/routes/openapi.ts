import { Router } from 'express';
import { methodNotAllowed } from '../http/problem-response.ts';
import { setDocumentPolicy } from '../http/security-headers.ts';
import { createTaggedJson } from '../http/tagged-json.ts';
import { openApiDocument, type OpenApiDocument } from '../openapi/document.ts';
import { openApiPage } from '../openapi/page.ts';

/** `GET /openapi.json`: the interface for programs. `GET /docs`: the same for people. Made when somebody first asks. */
export function openApiRoutes(): Router {
  const router = Router();
  let made: OpenApiDocument | undefined;
  const document = (): OpenApiDocument => (made ??= openApiDocument());
  const send = createTaggedJson((source: OpenApiDocument) => source);
  router.get('/openapi.json', (_request, response) => send(document(), response));
  router.get('/docs', (_request, response) => {
    setDocumentPolicy(response);
    response.set('Cache-Control', 'no-cache').type('html').send(openApiPage(document()));
  });
  router.all(['/openapi.json', '/docs'], methodNotAllowed('GET', 'HEAD'));
  return router;
}
