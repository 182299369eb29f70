import { execFileSync } from 'node:child_process';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Job } from 'kubernetes-models/batch/v1';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import type { PlannedGrid } from '../comparison/planned/plan.ts';
import { openFolderStore } from '../store/folder-store.ts';
import { TryAgainError } from '../support/try-again.ts';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { followGrid } from './follow.ts';
import { SCHEDULERS } from './index.ts';
import { manifestOf } from './kubernetes.ts';
import { numbersIn, type CellJob, type Scheduler } from './scheduler.ts';
import { tasksOf } from './slurm.ts';

const job: CellJob = {
  name: 'sld-edge-0123456789ab',
  command: ['node', "it's.mjs", 'compare', '--grid', '0123456789ab', '--store', 's3://b/p'],
  count: 4,
  options: ['-p', 'gpu', '-t', '4:00:00'],
  folder: '/shared/logs',
  image: 'registry/sld-edge:1',
};

it('reads ranges of numbers', () => {
  expect(numbersIn('')).toEqual([]);
  expect(numbersIn('7')).toEqual([7]);
  expect(numbersIn('1,3-5,9')).toEqual([1, 3, 4, 5, 9]);
});

describe('slurm', () => {
  it('is given a script that asks to be queued again after 75', () => {
    const script = SCHEDULERS.slurm.render(job, [0, 2, 3]);
    expect(script).toContain('#SBATCH --array=0,2,3\n');
    expect(script).toContain('#SBATCH --requeue\n');
    expect(script).toContain('#SBATCH -p gpu -t 4:00:00\n');
    expect(script).toContain(`node 'it'\\''s.mjs' compare --grid 0123456789ab --store s3://b/p --cell "$SLURM_ARRAY_TASK_ID"\n`);
    execFileSync('sh', ['-n'], { input: script });
    // Without Slurm: the status of the cell is the script's, and 75 asks for another turn.
    const run = (status: number, restarts: string) => {
      const command = ['sh', '-c', `echo "$@"; exit ${status}`, 'sh'];
      const text = SCHEDULERS.slurm
        .render({ ...job, command }, [0])
        .replace('scontrol requeue', 'echo requeue')
        .replace('sleep 60', 'exit 0');
      const env = { ...process.env, SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_JOB_ID: '9', SLURM_RESTART_COUNT: restarts };
      return execFileSync('sh', ['-c', `(${text}); echo "status $?"`], { env, encoding: 'utf8' });
    };
    expect(run(0, '')).toBe('--cell 3\nstatus 0\n');
    expect(run(1, '')).toBe('--cell 3\nstatus 1\n');
    expect(run(75, '')).toBe('--cell 3\nrequeue 9_3\nstatus 0\n');
    expect(run(75, '10')).toBe('--cell 3\nstatus 75\n');
  });

  it.each([
    [{ array_task_id: 2, array_task_string: '' }, [2]],
    [{ array_task_id: { set: true, number: 2 }, array_task_string: '' }, [2]],
    [{ array_task_id: null, array_task_string: '3-4,8%2' }, [3, 4, 8]],
    [{ array_task_id: { set: false, number: 0 }, array_task_string: '3' }, [3]],
    [{ array_task_id: null, array_task_string: '' }, []],
  ])('says in %j which tasks there are', (entry, tasks) => {
    expect(tasksOf(entry)).toEqual(tasks);
  });
});

describe('kubernetes', () => {
  it('is given a Job that the schema of its kind allows', () => {
    const manifest = manifestOf({ ...job, claim: 'shared:/mnt/x', secret: 'keys' }, [0, 2]);
    const model = new Job(manifest as never);
    model.validate();
    expect(() => new Job({ ...manifest, spec: { ...model.spec, backoffLimitPerIndex: 'six' } } as never).validate()).toThrow();
    expect(model.spec).toMatchObject({
      completionMode: 'Indexed',
      completions: 4,
      parallelism: 2,
      template: { spec: { restartPolicy: 'Never' } },
    });
    const [container] = model.spec!.template.spec!.containers;
    expect(container.command!.at(-1)).toMatch(/^exec node .* --cell "\$JOB_COMPLETION_INDEX"$/);
    expect(container).toMatchObject({ volumeMounts: [{ mountPath: '/mnt/x' }], envFrom: [{ secretRef: { name: 'keys' } }] });
  });

  it('wants an image, and a claim with its path', async () => {
    expect((await errorOf(() => manifestOf({ ...job, image: undefined }, [0]))).message).toMatch(/^--on kubernetes expects --image/);
    expect((await errorOf(() => manifestOf({ ...job, claim: 'shared' }, [0]))).message).toMatch(/^--claim expects name:\/path/);
  });
});

describe('ray', () => {
  const address = process.env.RAY_ADDRESS;
  afterEach(() => {
    if (address === undefined) delete process.env.RAY_ADDRESS;
    else process.env.RAY_ADDRESS = address;
  });

  it('is sent a driver under the job’s name, in the place of one that ended, without headers of a browser', async () => {
    const jobs = new Map<string, { entrypoint: string }>();
    const asked: string[] = [];
    const answer = async (request: IncomingMessage): Promise<[number, object]> => {
      asked.push(`${request.method} ${request.url}`);
      if (request.headers['sec-fetch-mode']) return [500, {}];
      const id = request.url!.split('/').at(-1)!;
      if (request.method === 'GET') return jobs.has(id) ? [200, { status: 'RUNNING' }] : [404, {}];
      if (request.method === 'DELETE') return [jobs.delete(id) ? 200 : 404, {}];
      const body = JSON.parse((await request.toArray()).join('')) as { submission_id: string; entrypoint: string };
      jobs.set(body.submission_id, body);
      return [200, {}];
    };
    const server = createServer(
      (request, response) => void answer(request).then(([status, body]) => response.writeHead(status).end(JSON.stringify(body))),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    process.env.RAY_ADDRESS = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await SCHEDULERS.ray.live(job)).toEqual(new Set());
    await SCHEDULERS.ray.submit(job, [1, 3]);
    expect(await SCHEDULERS.ray.live(job)).toEqual(new Set([0, 1, 2, 3]));
    expect(asked).toEqual([`GET /api/jobs/${job.name}`, `DELETE /api/jobs/${job.name}`, 'POST /api/jobs/', `GET /api/jobs/${job.name}`]);
    expect(jobs.get(job.name)!.entrypoint).toContain('for number in [1,3]]');
    process.env.RAY_ADDRESS = 'http://127.0.0.1:1';
    expect(await errorOf(() => SCHEDULERS.ray.live(job))).toBeInstanceOf(TryAgainError);
  });
});

describe('followGrid', () => {
  const grid = { cells: ['a', 'b', 'c'].map((id) => ({ id })) } as PlannedGrid;

  /** A scheduler that takes what is submitted and does `turn` at each question about its queue. */
  function made(turn: (queue: Set<number>) => Promise<void>): { scheduler: Scheduler; queue: Set<number>; submitted: number[][] } {
    const queue = new Set<number>();
    const submitted: number[][] = [];
    const scheduler: Scheduler = {
      render: () => '',
      async submit(_, cells) {
        submitted.push([...cells]);
        for (const cell of cells) queue.add(cell);
      },
      async live() {
        await turn(queue);
        return new Set(queue);
      },
      logs: () => 'nowhere',
    };
    return { scheduler, queue, submitted };
  }
  const follow = (folder: string, scheduler: Scheduler, finished: number[] = []) =>
    followGrid({ grid, store: openFolderStore(folder), scheduler, job, finished: new Set(finished), say: () => {}, pollMs: 1 });
  const end = (folder: string, cell: number, how: string) =>
    openFolderStore(folder).put(`cells/${grid.cells[cell].id}/${how}.json`, new Uint8Array());

  it('submits what has no result and is not queued, and ends when each has a result or a failure', async () => {
    const folder = temporaryFolder();
    await end(folder, 0, 'result');
    const { scheduler, queue, submitted } = made(async () => {
      if (submitted.length === 0) return;
      const [cell] = queue;
      if (cell === undefined) return;
      await end(folder, cell, cell === 1 ? 'failure' : 'result');
      queue.delete(cell);
    });
    queue.add(1);
    expect(await follow(folder, scheduler)).toEqual([]);
    expect(submitted).toEqual([[2]]);
    expect(await follow(folder, scheduler)).toEqual([]);
    expect(submitted).toHaveLength(1);
  });

  it('names the cells that ended without a result, and leaves out what is finished here', async () => {
    const { scheduler, queue, submitted } = made(async () => void (submitted.length > 0 && queue.clear()));
    expect(await follow(temporaryFolder(), scheduler, [1])).toEqual([0, 2]);
    expect(submitted).toEqual([[0, 2]]);
  });

  it('outlives a scheduler that does not answer for a while', async () => {
    const folder = temporaryFolder();
    let asked = 0;
    const { scheduler } = made(async () => {
      if (++asked === 2) throw new TryAgainError('slurm_load_jobs error: Unable to contact slurm controller');
      if (asked === 4) for (const cell of [0, 1, 2]) await end(folder, cell, 'result');
    });
    expect(await follow(join(folder), scheduler)).toEqual([]);
    expect(asked).toBe(4);
  });
});
