/** Works that servers are timed at, by whom, and what is held against what. */
import type { VariantName } from '@sld-edge/runtime';
import type { PictureSetName } from './pictures.ts';
import type { ServerName } from './servers.ts';
import type { Figure } from './turns.ts';

export interface ContestantPlan {
  name: string;
  server: ServerName;
  /** Query of `POST /classify`. */
  query?: string;
  /** It is left out, and that is said, where ours does not offer this variant. */
  variant?: VariantName;
}

export interface ServerBar {
  ours: string;
  other: string;
  figure: Figure;
  /** Ratio that must not be exceeded, or with `least` be reached. */
  most?: number;
  least?: number;
}

export interface TimedWork {
  pictures: PictureSetName;
  package: 'shipped' | 'mobilenet96' | 'mobilenet224';
  connections: readonly number[];
  contestants: readonly ContestantPlan[];
  bars: readonly ServerBar[];
}

const OURS: ContestantPlan = { name: 'ours integer', server: 'ours', query: '?variant=integer', variant: 'integer' };
const OURS_ONNX: ContestantPlan = { name: 'ours onnx', server: 'ours', query: '?variant=float32', variant: 'float32' };
const FASTIFY: ContestantPlan = { name: 'fastify', server: 'fastify' };
const FASTIFY_FULL: ContestantPlan = { name: 'fastify full', server: 'fastify', query: '?decode=full' };
const FASTAPI: ContestantPlan = { name: 'fastapi', server: 'fastapi' };
const HTTP: ContestantPlan = { name: 'http alone', server: 'http alone' };

export const TIMED_WORKS = {
  mixed: {
    pictures: 'mixed',
    package: 'shipped',
    connections: [1, 8, 64],
    contestants: [OURS, OURS_ONNX, FASTIFY, FASTAPI, HTTP],
    bars: [
      ...[OURS, OURS_ONNX].flatMap(({ name: ours }): ServerBar[] => [
        { ours, other: FASTIFY.name, figure: 'processorMs', most: 0.55 },
        { ours, other: FASTIFY.name, figure: 'answersPerSecond', least: 1.5 },
        { ours, other: FASTIFY.name, figure: 'p99Ms', most: 1 },
        { ours, other: FASTAPI.name, figure: 'processorMs', most: 0.75 },
      ]),
    ],
  },
  photographs: {
    pictures: 'photographs',
    package: 'shipped',
    connections: [1, 8],
    contestants: [OURS, FASTIFY_FULL, FASTIFY, FASTAPI],
    bars: [{ ours: OURS.name, other: FASTIFY_FULL.name, figure: 'processorMs', most: 0.8 }],
  },
  mobilenet96: mobilenet('mobilenet96'),
  mobilenet224: mobilenet('mobilenet224'),
} as const satisfies Record<string, TimedWork>;

export type TimedWorkName = keyof typeof TIMED_WORKS;

function mobilenet(name: 'mobilenet96' | 'mobilenet224'): TimedWork {
  return {
    pictures: 'medium',
    package: name,
    connections: [1, 8],
    contestants: [OURS, OURS_ONNX, FASTIFY],
    bars: [
      { ours: OURS_ONNX.name, other: FASTIFY.name, figure: 'processorMs', most: 1 },
      { ours: OURS.name, other: FASTIFY.name, figure: 'processorMs', most: 1.6 },
    ],
  };
}
