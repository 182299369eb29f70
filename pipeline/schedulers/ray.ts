/** Ray: a driver of a few lines of Python, a task a cell, submitted to the jobs' endpoint. */
import { request } from 'node:http';
import { TryAgainError } from '../support/try-again.ts';
import type { CellJob, Scheduler } from './scheduler.ts';

const TRIES_A_CELL = 6;
/** Address that Ray's own command takes too. */
const addressOf = (): string => process.env.RAY_ADDRESS ?? 'http://127.0.0.1:8265';
const ALIVE = ['PENDING', 'RUNNING'];

export const ray: Scheduler = {
  render: ({ command }, cells) =>
    [
      'import ray, subprocess, sys',
      'ray.init()',
      `command = ${JSON.stringify(command)}`,
      `@ray.remote(max_retries=${TRIES_A_CELL}, retry_exceptions=True)`,
      'def cell(number):',
      '    status = subprocess.run([*command, "--cell", str(number)]).returncode',
      '    if status not in (0, 1, 2): raise RuntimeError(f"cell {number} ended with {status}")',
      '    return status',
      `left = [cell.remote(number) for number in ${JSON.stringify(cells)}]`,
      'while left:',
      '    (done,), left = ray.wait(left)',
      '    try: ray.get(done)',
      '    except Exception as error: print(error, file=sys.stderr)',
      '',
    ].join('\n'),

  async submit(job, cells) {
    // A job that ended keeps its name.
    await askRay('DELETE', `/api/jobs/${job.name}`);
    const entrypoint = `python3 -c '${this.render(job, cells).replaceAll("'", "'\\''")}'`;
    const { status, text } = await askRay('POST', '/api/jobs/', { submission_id: job.name, entrypoint, runtime_env: {} });
    if (status !== 200) throw new TryAgainError(`Ray at ${addressOf()} refused the job: ${status} ${text.split('\n')[0]}`);
  },

  async live({ name, count }) {
    const { status, text } = await askRay('GET', `/api/jobs/${name}`);
    if (status === 404) return new Set();
    if (status !== 200) throw new TryAgainError(`Ray at ${addressOf()}: ${status} ${text.split('\n')[0]}`);
    const alive = ALIVE.includes((JSON.parse(text) as { status: string }).status);
    return new Set(alive ? Array.from({ length: count }, (_, i) => i) : []);
  },

  logs: ({ name }: CellJob) => `ray job logs ${name} --address ${addressOf()}`,
};

/** By `node:http`: the endpoint takes the header that `fetch` always sends for a browser's, and refuses it. */
function askRay(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, addressOf()), { method, headers: { 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    asked.on('error', (error) => reject(new TryAgainError(`Ray at ${addressOf()} does not answer (${error.message})`, { cause: error })));
    asked.end(body && JSON.stringify(body));
  });
}
