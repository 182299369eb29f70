/** Schedulers by the name that `--on` takes. */
import { kubernetes } from './kubernetes.ts';
import { ray } from './ray.ts';
import type { Scheduler } from './scheduler.ts';
import { slurm } from './slurm.ts';

export const SCHEDULERS = { slurm, kubernetes, ray } as const satisfies Record<string, Scheduler>;

export type SchedulerName = keyof typeof SCHEDULERS;

export const SCHEDULER_NAMES = Object.keys(SCHEDULERS) as SchedulerName[];
