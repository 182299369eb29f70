/** Kubernetes: one Indexed Job, a pod a cell. Pods are tried again by the job's own rules; 1 and 2 as exit status end a cell for good. */
import { UsageError } from '../support/usage-error.ts';
import { ask, numbersIn, shellLine, type CellJob, type Scheduler } from './scheduler.ts';

const TRIES_A_CELL = 6;
/** Pods at one time, where the cluster has room. */
const MOST_AT_ONCE = 100;

interface JobStatus {
  completedIndexes?: string;
  failedIndexes?: string;
  conditions?: { type: string; status: string }[];
}

export const kubernetes: Scheduler = {
  render: (job, cells) => `${JSON.stringify(manifestOf(job, cells), null, 2)}\n`,

  async submit(job, cells) {
    // A job that ended keeps its name; its cells without a result are another one.
    ask('kubectl', [...job.options, 'delete', 'job', job.name, '--ignore-not-found', '--wait=true']);
    ask('kubectl', [...job.options, 'apply', '--filename=-'], this.render(job, cells));
  },

  async live({ name, count, options }) {
    const found = ask('kubectl', [...options, 'get', 'job', name, '--ignore-not-found', '--output=json']);
    if (found.trim() === '') return new Set();
    const { completedIndexes = '', failedIndexes = '', conditions = [] } = (JSON.parse(found) as { status: JobStatus }).status;
    if (conditions.some(({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True')) return new Set();
    const ended = new Set([...numbersIn(completedIndexes), ...numbersIn(failedIndexes)]);
    return new Set(Array.from({ length: count }, (_, i) => i).filter((i) => !ended.has(i)));
  },

  logs: ({ name, options }) => shellLine(['kubectl', ...options, 'logs', '--selector', `job-name=${name}`]),
};

/** The Job. An index is a cell's number, so that cells that are done already end at once. */
export function manifestOf({ name, command, count, image, claim, secret }: CellJob, cells: readonly number[]): object {
  if (!image) throw new UsageError('--on kubernetes expects --image, an image that holds this repository with its packages');
  const [, claimName, mountPath] = /^([a-z0-9.-]+):(\/.+)$/.exec(claim ?? '') ?? [];
  if (claim && !claimName) throw new UsageError(`--claim expects name:/path, a volume claim and where it is mounted, got "${claim}"`);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: { 'app.kubernetes.io/name': 'sld-edge', 'app.kubernetes.io/component': 'cell' } },
    spec: {
      completionMode: 'Indexed',
      completions: count,
      parallelism: Math.min(cells.length, MOST_AT_ONCE),
      backoffLimitPerIndex: TRIES_A_CELL,
      maxFailedIndexes: count,
      podFailurePolicy: {
        rules: [
          // A node that is drained or lost says nothing of the cell.
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          { action: 'FailIndex', onExitCodes: { operator: 'In', values: [1, 2] } },
        ],
      },
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [
            {
              name: 'cell',
              image,
              command: ['/bin/sh', '-c', `exec ${shellLine(command)} --cell "$JOB_COMPLETION_INDEX"`],
              ...(secret && { envFrom: [{ secretRef: { name: secret } }] }),
              ...(claimName && { volumeMounts: [{ name: 'claim', mountPath }] }),
            },
          ],
          ...(claimName && { volumes: [{ name: 'claim', persistentVolumeClaim: { claimName } }] }),
        },
      },
    },
  };
}
