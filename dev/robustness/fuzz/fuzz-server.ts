/** Sends mutated files to a running server and judges what comes back. */
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import type { BuiltServer } from '../../../server/testing/built-server.ts';
import { sampleMemory } from '../../../server/testing/process-memory.ts';
import { createDraw } from './draw.ts';
import { largeFile } from './large-file.ts';
import { mutateBytes, mutateHeader } from './mutate.ts';
import { makeSeedFiles, type SeedFile } from './seed-files.ts';

export interface FuzzResult {
  /** Number of times that each answer came: "200", "422 IMAGE_TRUNCATED". */
  answers: Record<string, number>;
  /** Files that got another answer than they may, by number, and whatever else is wrong. */
  faults: string[];
  /** Files that cost a worker. */
  costly: string[];
  lost: number;
  replaced: number;
  peakBytes: number;
}

export const MOST_BYTES = 600_000_000;
/** Together at the server: more than it has workers. */
const SENDERS = 6;
const LONGEST_REPLACEMENT_MS = 120_000;

/** @param server - with two workers, to which nobody else sends anything */
export async function fuzzServer(server: BuiltServer, { seed, files }: { seed: number; files: number }): Promise<FuzzResult> {
  const seedFiles = await makeSeedFiles();
  const profile = (await sharp(seedFiles[2].bytes).metadata()).icc!;
  const memory = sampleMemory(server.pid);
  const answers: Record<string, number> = {};
  const faults: string[] = [];
  const costly: string[] = [];
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < files) {
      const file = next++;
      const verdict = await send(server.url, await fileOf(seed, file, seedFiles, profile));
      answers[verdict.answer] = (answers[verdict.answer] ?? 0) + 1;
      if (!verdict.allowed) faults.push(`file ${file} of seed ${seed}: ${verdict.answer}`);
      if (/WORKER_LOST|TOO_SLOW/.test(verdict.answer)) costly.push(`file ${file} of seed ${seed}: ${verdict.answer}`);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));

  const count = (name: string): number => server.records.filter(({ event }) => event === name).length;
  for (let waitedMs = 0; count('worker-replaced') < count('worker-lost') && waitedMs < LONGEST_REPLACEMENT_MS; waitedMs += 100)
    await wait(100);
  const [lost, replaced] = [count('worker-lost'), count('worker-replaced')];
  if (lost !== replaced) faults.push(`${lost} workers were lost, ${replaced} replaced`);
  const { status } = await fetch(`${server.url}/readyz`);
  if (status !== 200) faults.push(`/readyz answers ${status}`);
  memory.stop();
  costly.push(...server.records.filter(({ event }) => event === 'worker-lost').map((record) => `lost: ${record.reason as string}`));
  if (memory.peakBytes() >= MOST_BYTES) faults.push(`${megabytes(memory.peakBytes())} MB at the peak`);
  return { answers, faults, costly, lost, replaced, peakBytes: memory.peakBytes() };
}

/** The file of a number: the same for the same seed, whatever came before. */
async function fileOf(seed: number, file: number, seedFiles: SeedFile[], profile: Buffer): Promise<Buffer> {
  const draw = createDraw(seed, file);
  const kind = draw.below(100);
  if (kind < 10) return largeFile(draw, profile);
  const chosen = draw.of(seedFiles);
  if (kind < 40) return mutateHeader(draw, chosen);
  const mutated = mutateBytes(draw, chosen, draw.of(seedFiles));
  return kind < 90 ? mutated : mutateBytes(draw, { ...chosen, bytes: mutated.length > 0 ? mutated : chosen.bytes }, draw.of(seedFiles));
}

async function send(url: string, body: Buffer): Promise<{ answer: string; allowed: boolean }> {
  try {
    const response = await fetch(`${url}/classify`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(body),
    });
    const { code } = (await response.json()) as { code?: string };
    const { status } = response;
    const answer = code === undefined ? String(status) : `${status} ${code}`;
    return {
      answer,
      allowed: status === 200 || (status >= 400 && status < 500) || (status === 503 && response.headers.has('retry-after')),
    };
  } catch (error) {
    return { answer: `no answer (${String((error as Error).cause ?? error)})`, allowed: false };
  }
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
