import type { AppError } from '@sld-edge/runtime';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PoolObserver } from '../inference/observer.ts';
import type { RefusedPackage } from '../models/catalogue.ts';
import type { ServingPool } from '../models/generations.ts';
import type { ReloadResult } from '../models/serving.ts';

/** A response, as it is counted. */
export interface CountedRequest {
  /** The route's pattern: paths as they came would be without number. */
  route: string;
  method: string;
  status: number;
  /** Code of the error, if any. */
  code?: string;
  seconds: number;
  /** Images in it, where it has any. */
  images?: number;
}

/** State that is looked at when the metrics are read. */
export interface MeasuredState {
  pool: () => ServingPool | null;
  isReady: () => boolean;
  refused: () => readonly RefusedPackage[];
}

export interface Metrics extends PoolObserver {
  onRequest(request: CountedRequest): void;
  onReload(result: ReloadResult): void;
  /** Text in Prometheus' format, and its content type. */
  text(): Promise<string>;
  contentType: string;
}

/** Up to the most that a request may have. */
const IMAGES = [1, 2, 4, 8, 16, 32, 64];
/** From half a millisecond (a small network) to the ten seconds after which a decoder is ended. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Errors with which the server turns away work that it might do at another time. */
const REJECTIONS: readonly string[] = [
  'OVERLOADED',
  'DEADLINE_EXCEEDED',
  'RATE_LIMITED',
  'UPLOADS_OVER_BUDGET',
  'NOT_READY',
  'MODEL_REFUSED',
  'WORKER_LOST',
];
/** Errors for which a worker process was ended. */
const KILLS: readonly string[] = ['IMAGE_TOO_SLOW', 'IMAGE_TOO_MUCH_MEMORY', 'WORKER_LOST'];

/** Metrics of one server, in a registry of its own; docs/operating.md says what each is for. */
export function createMetrics({ pool, isReady, refused }: MeasuredState): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const requests = new Counter({
    name: 'sld_edge_requests_total',
    help: 'Responses by route, method, status and error code',
    labelNames: ['route', 'method', 'status', 'code'],
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'sld_edge_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its response',
    labelNames: ['route'],
    buckets: SECONDS,
    registers,
  });
  const stageSeconds = new Histogram({
    name: 'sld_edge_stage_duration_seconds',
    help: 'Time of an image in a stage: queue, decode, preprocess, inference',
    labelNames: ['stage'],
    buckets: SECONDS,
    registers,
  });
  const requestImages = new Histogram({
    name: 'sld_edge_request_images',
    help: 'Images of a request',
    labelNames: ['route'],
    buckets: IMAGES,
    registers,
  });
  const failedImages = new Counter({
    name: 'sld_edge_images_failed_total',
    help: 'Images that a worker had and gave no answer for, by error code',
    labelNames: ['code'],
    registers,
  });
  const images = new Counter({
    name: 'sld_edge_images_total',
    help: 'Images that were answered, by model, version, variant and backend',
    labelNames: ['model', 'version', 'variant', 'backend'],
    registers,
  });
  const rejections = new Counter({
    name: 'sld_edge_rejections_total',
    help: 'Requests that were turned away and may come again, by reason',
    labelNames: ['reason'],
    registers,
  });
  const kills = new Counter({
    name: 'sld_edge_decode_kills_total',
    help: 'Images for which a worker process was ended or lost, by reason',
    labelNames: ['reason'],
    registers,
  });
  const reloads = new Counter({
    name: 'sld_edge_reloads_total',
    help: 'Reloads of the index, by how they ended: loaded, unchanged, refused',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['loaded', 'unchanged', 'refused'] satisfies ReloadResult[]) reloads.inc({ result }, 0);
  for (const reason of REJECTIONS) rejections.inc({ reason }, 0);
  for (const reason of KILLS) kills.inc({ reason }, 0);

  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  };
  gauge('sld_edge_ready', '1 where images are accepted, as /readyz says', () => Number(isReady()));
  gauge('sld_edge_queue_length', 'Images that wait for a worker', () => pool()?.queued() ?? 0);
  gauge('sld_edge_workers', 'Worker processes that take images', () => pool()?.alive() ?? 0);
  gauge('sld_edge_workers_busy', 'Worker processes that have an image', () => pool()?.busy() ?? 0);
  gauge('sld_edge_workers_resident_bytes', 'Physical memory of all worker processes', () => pool()?.residentBytes() ?? 0);
  new Gauge({
    name: 'sld_edge_packages_refused',
    help: 'Packages of the index that are not served, by name, version and error code',
    labelNames: ['model', 'version', 'code'],
    registers,
    collect() {
      this.reset();
      for (const { name, version, error } of refused()) this.set({ model: name, version, code: error.code }, 1);
    },
  });
  new Gauge({
    name: 'sld_edge_model_info',
    help: 'Variants that are loaded, with the backend that answers',
    labelNames: ['model', 'version', 'variant', 'backend'],
    registers,
    collect() {
      this.reset();
      for (const { model, version, variant, backend } of pool()?.warmed ?? []) this.set({ model, version, variant, backend }, 1);
    },
  });

  return {
    onRequest({ route, method, status, code = '', seconds, images: count }) {
      requests.inc({ route, method, status, code });
      requestSeconds.observe({ route }, seconds);
      if (count !== undefined) requestImages.observe({ route }, count);
      if (REJECTIONS.includes(code)) rejections.inc({ reason: code });
    },
    onReload: (result) => reloads.inc({ result }),
    onDispatch: (waitedMs) => stageSeconds.observe({ stage: 'queue' }, waitedMs / 1000),
    onAnswer({ model, version, variant, backend, timingMs }) {
      images.inc({ model, version, variant, backend });
      for (const stage of ['decode', 'preprocess', 'inference'] as const) stageSeconds.observe({ stage }, timingMs[stage] / 1000);
    },
    onFailure({ code }: AppError) {
      failedImages.inc({ code });
      if (KILLS.includes(code)) kills.inc({ reason: code });
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
