/** The distillation methods there are, by name. Adding one is one file and one line here. */
import { createCe } from './ce.ts';
import type { Distiller } from './distiller.ts';
import { createDkd, dkdDefaults } from './dkd.ts';
import { createKd } from './kd.ts';
import { createKdLs } from './kd-ls.ts';
import { createMlkd } from './mlkd.ts';
import { createSld, sldDefaults } from './sld.ts';

/** The schedule that the published epochs (SLD's gate) refer to. */
const PUBLISHED_EPOCHS = 240;

/** Each makes its method for a schedule of `epochs`; epoch-valued options scale with it. */
export const distillers: Record<string, (schedule: { epochs: number }) => Distiller> = {
  ce: () => createCe(),
  kd: () => createKd(),
  dkd: ({ epochs }) => createDkd({ warmupEpochs: (dkdDefaults.warmupEpochs * epochs) / PUBLISHED_EPOCHS }),
  mlkd: () => createMlkd(),
  'kd+ls': () => createKdLs(),
  sld: ({ epochs }) => createSld({ gammaEpoch: Math.round((sldDefaults.gammaEpoch * epochs) / PUBLISHED_EPOCHS) }),
};

/** @throws Error naming the registered methods where `name` is not one of them. */
export function createDistiller(name: string, schedule: { epochs: number }): Distiller {
  const create = Object.hasOwn(distillers, name) && distillers[name];
  if (!create) throw new Error(`unknown method "${name}"; allowed: ${Object.keys(distillers).join(', ')}`);
  return create(schedule);
}

export type { Distiller, ViewName } from './distiller.ts';
