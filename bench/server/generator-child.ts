/**
 * The load generator, a process of its own so that it can be on another core: keeps so many connections busy for so long, each with one
 * request at a time, and tells what came. It is told by a message and answers by one.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';

export interface Load {
  url: string;
  /** Folder of the files to send, in the order of their names, again and again. */
  folder: string;
  connections: number;
  seconds: number;
  /** Requests begun a second, evenly, whatever is answered; without it each connection sends when it has its answer. */
  perSecond?: number;
}

export interface LoadResult {
  seconds: number;
  /** Answers by status; `lost` is a connection that ended without one. */
  statuses: Record<string, number>;
  /** Milliseconds from sending to the whole answer, sorted: of 200, and of all others. */
  okMs: number[];
  otherMs: number[];
  /** First label of the answer to each file; empty where it was refused or answers differed. */
  labels: string[];
}

/** Messages to this process. */
export type ToGenerator = Load;

const cache = new Map<string, Buffer[]>();

function filesIn(folder: string): Buffer[] {
  const files =
    cache.get(folder) ??
    readdirSync(folder)
      .sort()
      .map((name) => readFileSync(join(folder, name)));
  cache.set(folder, files);
  return files;
}

async function generate({ url, folder, connections, seconds, perSecond }: Load): Promise<LoadResult> {
  const files = filesIn(folder);
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' });
  const result: LoadResult = { seconds: 0, statuses: {}, okMs: [], otherMs: [], labels: files.map(() => '') };
  const startedAt = performance.now();
  const isOver = (): boolean => performance.now() - startedAt >= seconds * 1000;
  let next = 0;
  const sendNext = async (): Promise<void> => {
    const file = next++ % files.length;
    const sentAt = performance.now();
    const { status, label } = await send(url, agent, files[file]);
    const ms = performance.now() - sentAt;
    result.statuses[status] = (result.statuses[status] ?? 0) + 1;
    (status === '200' ? result.okMs : result.otherMs).push(ms);
    if (label !== undefined) result.labels[file] = label;
  };
  if (perSecond === undefined) {
    const connection = async (): Promise<void> => {
      while (!isOver()) await sendNext();
    };
    await Promise.all(Array.from({ length: connections }, connection));
  } else {
    const underWay: Promise<void>[] = [];
    while (!isOver()) {
      const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1000);
      while (underWay.length < due) underWay.push(sendNext());
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(underWay);
  }
  result.seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  for (const times of [result.okMs, result.otherMs]) times.sort((a, b) => a - b);
  return result;
}

function send(url: string, agent: Agent, body: Buffer): Promise<{ status: string; label?: string }> {
  return new Promise((resolve) => {
    const lost = (): void => resolve({ status: 'lost' });
    const sent = request(
      url,
      { method: 'POST', agent, headers: { 'content-type': 'image/jpeg', 'content-length': body.length } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', lost);
        response.on('end', () => {
          const status = String(response.statusCode);
          if (status !== '200') return resolve({ status });
          const { predictions } = JSON.parse(Buffer.concat(chunks).toString()) as { predictions?: { label: string }[] };
          resolve({ status, label: predictions?.[0].label });
        });
      },
    );
    sent.on('error', lost);
    sent.end(body);
  });
}

process.on('message', (load: ToGenerator) => void generate(load).then((result) => process.send!(result)));
