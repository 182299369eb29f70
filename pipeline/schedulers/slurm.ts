/** Slurm: an array of jobs, a task a cell. A task whose node is lost is queued again by Slurm, one that says 75 by itself. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ask, numbersIn, shellLine, type CellJob, type Scheduler } from './scheduler.ts';

/** Times that one task asks to be queued again. */
const MOST_RESTARTS = 10;

/** States after which Slurm does nothing more about a task. */
const ENDED = new Set(['BOOT_FAIL', 'CANCELLED', 'COMPLETED', 'DEADLINE', 'FAILED', 'NODE_FAIL', 'OUT_OF_MEMORY', 'TIMEOUT']);

/** A job as `squeue --json` has it; Slurm 23.02 changed the form of states and numbers. */
interface QueuedJob {
  name: string;
  job_state: string | string[];
  array_task_id: number | null | { set: boolean; number: number };
  /** Tasks that are not started yet, as `0,2-4%8`. */
  array_task_string: string;
}

export const slurm: Scheduler = {
  render({ name, command, options, folder }, cells) {
    const directives = [
      '--requeue',
      `--job-name=${name}`,
      `--array=${cells.join(',')}`,
      `--output=${join(folder, '%A_%a.log')}`,
      '--open-mode=append',
    ];
    return [
      '#!/bin/sh',
      ...[...directives, ...(options.length > 0 ? [shellLine(options)] : [])].map((option) => `#SBATCH ${option}`),
      `${shellLine(command)} --cell "$SLURM_ARRAY_TASK_ID"`,
      'status=$?',
      '# What may pass is queued again; Slurm then ends this script.',
      `if [ $status -eq 75 ] && [ "\${SLURM_RESTART_COUNT:-0}" -lt ${MOST_RESTARTS} ]; then`,
      '  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" && sleep 60',
      'fi',
      'exit $status',
      '',
    ].join('\n');
  },

  async submit(job, cells) {
    mkdirSync(job.folder, { recursive: true });
    ask('sbatch', ['--parsable'], this.render(job, cells));
  },

  async live({ name }) {
    const { jobs } = JSON.parse(ask('squeue', ['--json'])) as { jobs: QueuedJob[] };
    return new Set(jobs.filter((job) => job.name === name && !statesOf(job).some((state) => ENDED.has(state))).flatMap(tasksOf));
  },

  logs: ({ folder }: CellJob) => `${folder}/<job>_<cell>.log`,
};

const statesOf = ({ job_state: state }: QueuedJob): string[] => (Array.isArray(state) ? state : [state]);

/** The tasks that an entry stands for: one, or those of an array that wait. */
export function tasksOf({
  array_task_id: id,
  array_task_string: waiting,
}: Pick<QueuedJob, 'array_task_id' | 'array_task_string'>): number[] {
  const one = typeof id === 'number' ? id : id?.set ? id.number : undefined;
  if (!waiting) return one === undefined ? [] : [one];
  return numbersIn(waiting.replace(/%.*/, ''));
}
