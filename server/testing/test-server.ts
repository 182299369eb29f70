import type { AddressInfo } from 'node:net';
import { DEFAULT_LIMITS, type ImageLimits } from '@sld-edge/runtime';
import { createApp, type LoadedModels } from '../app.ts';
import type { ServerConfig } from '../config.ts';
import { openApiKeys } from '../http/api-keys.ts';
import { createHttpServer } from '../http/http-server.ts';
import { createUploadGate } from '../http/upload-gate.ts';
import { createMetrics } from '../metrics/metrics.ts';
import { createImageClassifiers } from '../inference/image-classifiers.ts';
import type { InferenceSetup } from '../inference/protocol.ts';
import { loadCatalogue, setupOf } from '../models/catalogue.ts';
import { testConfig } from './test-config.ts';
import { createReadiness, isReady, type Readiness } from '../readiness.ts';

export interface TestServer {
  url: string;
  readiness: Readiness;
  /** Log records, in order. */
  records: Record<string, unknown>[];
  models: LoadedModels;
  close(): Promise<void>;
}

/** The setup of a worker for all that a folder of packages holds. */
export async function readSetup(modelsDir: string, limits: ImageLimits = DEFAULT_LIMITS, inferenceThreads = 1): Promise<InferenceSetup> {
  const { packages } = await loadCatalogue(modelsDir);
  return setupOf(packages, { modelsDir, limits, threads: inferenceThreads, float32Backend: 'tfjs-wasm', memoryBytes: null });
}

/** The application on a free port, ready, classifying in this process instead of in workers. */
export async function startTestServer(modelsDir: string, options: Partial<ServerConfig> = {}): Promise<TestServer> {
  const config = testConfig(modelsDir, options);
  const classifiers = await createImageClassifiers(await readSetup(modelsDir, config.limits, config.inferenceThreads), {
    onOpened: () => undefined,
    onClosed: () => undefined,
    onDemotion: () => undefined,
    onThreadLost: () => undefined,
  });
  const models: LoadedModels = {
    catalogue: await loadCatalogue(modelsDir),
    pool: {
      warmed: classifiers.warmed,
      jpeg: [classifiers.jpeg],
      async classify(job) {
        metrics.onDispatch(0);
        const answer = await classifiers.classify(job);
        metrics.onAnswer(answer);
        return answer;
      },
      requireCapacity: () => undefined,
      alive: () => 1,
      busy: () => 0,
      queued: () => 0,
      residentBytes: () => 0,
    },
  };
  const readiness = createReadiness();
  const metrics = createMetrics({
    pool: () => models.pool,
    isReady: () => isReady(readiness, models),
    refused: () => models.catalogue!.refused,
  });
  readiness.set('ready', 'in the test');
  const records: Record<string, unknown>[] = [];
  const log = (record: Record<string, unknown>) => void records.push(record);
  const app = createApp({
    ...config,
    apiKeys: config.apiKeysFile === null ? null : openApiKeys(config.apiKeysFile),
    readiness,
    models,
    holdModels: () => () => undefined,
    log,
    uploads: createUploadGate(config.uploadBudgetBytes),
    metrics,
  });
  const server = createHttpServer(app, config, log);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    readiness,
    records,
    models,
    close: () =>
      new Promise((resolve) => {
        classifiers.dispose();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
