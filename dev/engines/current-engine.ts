import type { Engine } from '../../pipeline/engines/index.ts';

/** Makes an engine the one that tfjs computes on: all are backends of one tfjs. */
export const makeCurrent = (engine: Engine): Promise<unknown> => engine.tf.setBackend(engine.name);
