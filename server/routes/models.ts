import { AppError, calibrationOf, isGraphVariant, variantNames, variantOf } from '@sld-edge/runtime';
import { Router } from 'express';
import { methodNotAllowed, notFound } from '../http/problem-response.ts';
import { setDocumentPolicy } from '../http/security-headers.ts';
import { sendFile } from '../http/stored-file.ts';
import { createTaggedJson } from '../http/tagged-json.ts';
import type { ModelCatalogue } from '../models/catalogue.ts';
import { createFileStore } from '../models/file-store.ts';

export interface ModelsDeps {
  modelsDir: string;
  /** @throws AppError NOT_READY until the packages were read and verified */
  catalogue: () => ModelCatalogue;
  /** Threads that compute an image of an integer variant. */
  inferenceThreads: number;
}

/**
 * `GET /models`: what there is, with labels and accuracies. `GET /models/index.json` and
 * `GET /models/<name>/<version>/<file>`: the packages' files, for whoever classifies on their own machine; a version
 * is a hash of its content, so its files never change. Only what a manifest names is served.
 */
export function modelRoutes({ modelsDir, catalogue, inferenceThreads }: ModelsDeps): Router {
  const router = Router();
  const fileStore = createFileStore(modelsDir);
  const list = createTaggedJson((models: ModelCatalogue) => describeModels(models, inferenceThreads));
  const index = createTaggedJson((models: ModelCatalogue) => models.index);
  router.get('/models', (_request, response) => list(catalogue(), response));
  router.get('/models/index.json', (_request, response) => index(catalogue(), response));
  router.get('/models/:name/:version/*file', async (request, response) => {
    const { name, version, file } = request.params as unknown as { name: string; version: string; file: string[] };
    const served = catalogue().file([name, version, ...file].join('/'));
    if (!served) throw new AppError('NOT_FOUND', { path: request.path });
    const stored = await fileStore(served);
    // No ranges: caches of service workers cannot hold part of a file, and no file is large.
    response.set('Cache-Control', 'public, max-age=31536000, immutable');
    if (served.path.endsWith('.html')) setDocumentPolicy(response);
    await sendFile(request, response, stored);
  });
  router.get('/models/*path', notFound());
  router.all(['/models', '/models/*path'], methodNotAllowed('GET', 'HEAD'));
  return router;
}

function describeModels({ index, packages }: ModelCatalogue, inferenceThreads: number): object {
  return {
    default: index.default,
    aliases: index.aliases ?? {},
    models: packages.map(({ manifest, manifestSha256 }) => ({
      name: manifest.name,
      version: manifest.version,
      title: manifest.title,
      quick: manifest.quick,
      labels: manifest.labels,
      input: { height: manifest.preprocessing.height, width: manifest.preprocessing.width, channels: manifest.preprocessing.channels },
      defaultVariant: manifest.defaultVariant,
      variants: variantNames(manifest).map((name) => {
        const { format, weightBytes, accuracy, agreement, agreementWithFloat32 } = variantOf(manifest, name);
        return {
          name,
          format,
          weightBytes,
          accuracy,
          agreement,
          agreementWithFloat32,
          threads: isGraphVariant(name) ? 1 : inferenceThreads,
          abstainThreshold: calibrationOf(manifest, name).abstainThreshold,
        };
      }),
      manifest: { path: `/models/${manifest.name}/${manifest.version}/manifest.json`, sha256: manifestSha256 },
    })),
  };
}
