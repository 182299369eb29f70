/** `compare --on SCHEDULER`: the missing cells of a grid on other machines, followed to their end and gathered. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ComparisonReport } from '../../comparison/comparison-folder.ts';
import { gatherGrid } from '../../comparison/planned/gather.ts';
import type { PlannedGrid } from '../../comparison/planned/plan.ts';
import { putGrid } from '../../comparison/planned/stored-cell.ts';
import type { InspectedCell } from '../../comparison/run-grid.ts';
import { followGrid } from '../../schedulers/follow.ts';
import { SCHEDULER_NAMES, SCHEDULERS, type SchedulerName } from '../../schedulers/index.ts';
import type { CellJob } from '../../schedulers/scheduler.ts';
import { openStore } from '../../store/open-store.ts';
import { say } from '../../support/say.ts';
import { flagOf, type SettingTable, type Values } from '../../support/setting.ts';
import { UsageError } from '../../support/usage-error.ts';
import { oneName, optional, text, toggle } from '../../support/value.ts';

const own = { group: 'run', decides: 'nothing' } as const;

export const schedulerSettings = {
  on: { ...own, ...optional(oneName('slurm', SCHEDULER_NAMES)), help: 'train the cells by slurm, kubernetes or ray (docs/clusters.md)' },
  print: { ...own, ...toggle(false), help: 'with --on: print what would be submitted, and submit nothing' },
  submitOptions: {
    ...own,
    ...optional(text('')),
    help: "with --on: options of sbatch or kubectl, with spaces between, as '-p gpu -t 4:00:00'",
  },
  image: { ...own, ...optional(text('')), help: 'with --on kubernetes: an image that holds this repository with its packages' },
  claim: { ...own, ...optional(text('')), help: 'with --on kubernetes: name:/path, a volume claim and where pods mount it' },
  secret: { ...own, ...optional(text('')), help: "with --on kubernetes: a secret whose entries become the pods' environment" },
} as const satisfies SettingTable;

type Given = Partial<Values<typeof schedulerSettings>>;

const CLI = fileURLToPath(new URL('../../sld-edge.mjs', import.meta.url));

/** Words that start this program: on machines that share this one's files, or in an image of the repository. */
const PROGRAM: Readonly<Record<SchedulerName, readonly string[]>> = {
  slurm: [process.execPath, CLI],
  ray: [process.execPath, CLI],
  kubernetes: ['node', 'pipeline/sld-edge.mjs'],
};

/** Schedulers that use a setting of one's own. */
const USERS: Readonly<Partial<Record<keyof Given, readonly SchedulerName[]>>> = {
  submitOptions: ['slurm', 'kubernetes'],
  image: ['kubernetes'],
  claim: ['kubernetes'],
  secret: ['kubernetes'],
};

/** @throws UsageError for a setting that the scheduler, or the lack of one, has no use for */
export function refuseIdleOn(given: Given): void {
  if (given.print && !given.on) throw new UsageError('--print has no effect: it is for --on');
  for (const [key, users] of Object.entries(USERS))
    if (given[key as keyof Given] !== undefined && !(given.on && users.includes(given.on)))
      throw new UsageError(`--${flagOf(key)} has no effect: it is for --on ${users.join(' and --on ')}`);
}

/**
 * Trains what is missing, and gathers it.
 * @returns the report, and the cells that ended without a result; nothing where `--print` was given
 */
export async function trainElsewhere(
  grid: PlannedGrid,
  inspected: readonly InspectedCell[],
  folder: string,
  place: string,
  { on, print, submitOptions = '', image, claim, secret }: Given & { on: SchedulerName },
): Promise<{ report: ComparisonReport; lost: number[] } | undefined> {
  const scheduler = SCHEDULERS[on];
  const store = await openStore(place);
  const job: CellJob = {
    name: `sld-edge-${grid.id}`,
    command: [...PROGRAM[on], 'compare', '--grid', grid.id, '--store', store.place],
    count: grid.cells.length,
    options: submitOptions.split(/\s+/).filter(Boolean),
    folder: resolve(join(folder, on)),
    ...(image && { image }),
    ...(claim && { claim }),
    ...(secret && { secret }),
  };
  const finished = new Set(inspected.flatMap(({ state: { kind } }, i) => (kind === 'finished' || kind === 'diverged' ? [i] : [])));
  const text = scheduler.render(
    job,
    grid.cells.map((_, i) => i).filter((i) => !finished.has(i)),
  );
  await putGrid(store, grid);
  if (print) {
    process.stdout.write(text);
    say(`nothing was submitted; the grid ${grid.id} lies in ${store.place}, and --gather --grid ${grid.id} brings its results`);
    return undefined;
  }
  const lost = await followGrid({ grid, store, scheduler, job, finished, say });
  if (lost.length > 0)
    say(`cells ${lost.join(', ')} ended without a result; output: ${scheduler.logs(job)}. The same line again submits them anew`);
  return { report: await gatherGrid(grid, store, folder), lost };
}
