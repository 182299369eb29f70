/** The distillation methods there are, by name. Adding one is one file and one line here. */
import { ceOptions, createCe } from './ce.ts';
import { createCrld, crldOptions } from './crld.ts';
import { createDist, distOptions } from './dist.ts';
import type { Distiller, Method, RunLength } from './distiller.ts';
import { createDkd, dkdOptions } from './dkd.ts';
import { createKd, kdOptions } from './kd.ts';
import { createKdLs, kdLsOptions } from './kd-ls.ts';
import { createMlkd, mlkdOptions } from './mlkd.ts';
import { createRevision, revisionOptions } from './revision.ts';
import { createRld, rldOptions } from './rld.ts';
import { createSld, sldOptions } from './sld.ts';
import { createWttm, wttmOptions } from './wttm.ts';

export const distillers: Readonly<Record<string, Method>> = {
  ce: { options: ceOptions, create: createCe },
  kd: { options: kdOptions, create: createKd },
  dkd: { options: dkdOptions, create: createDkd },
  mlkd: { options: mlkdOptions, create: createMlkd },
  'kd+ls': { options: kdLsOptions, create: createKdLs },
  dist: { options: distOptions, create: createDist },
  wttm: { options: wttmOptions, create: createWttm },
  rld: { options: rldOptions, create: createRld },
  revision: { options: revisionOptions, create: createRevision },
  crld: { options: crldOptions, create: createCrld },
  sld: { options: sldOptions, create: createSld },
};

/**
 * A method for a run of so many epochs; epoch-valued options scale with it.
 * @param options what differs from the method's own defaults
 * @throws Error in one line naming what is allowed: an unknown method or option, a value out of range
 */
export function createDistiller(name: string, run: RunLength, options: object = {}): Distiller {
  return methodNamed(name).create(options, run);
}

/** @throws Error naming the registered methods where `name` is not one of them */
export function methodNamed(name: string): Method {
  const method = Object.hasOwn(distillers, name) && distillers[name];
  if (!method) throw new Error(`unknown method "${name}"; allowed: ${Object.keys(distillers).join(', ')}`);
  return method;
}

export type { Distiller, Method, RunLength, ViewName } from './distiller.ts';
