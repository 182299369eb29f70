/**
 * Tests the limits on what a sender may cost the built server with its two workers: each picture has a limit, and all of them together have
 * one.
 */
import { rmSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { gradientImage } from '@sld-edge/runtime/testing';
import { blackPng, jpegOfManyScans, textChunk } from './testing/hostile-images.ts';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildServer, startBuiltServer, type BuiltServer } from './testing/built-server.ts';
import { writeModelsFolder, type ModelsFolder } from './testing/models-folder.ts';
import { sampleMemory, type MemorySampler } from './testing/process-memory.ts';

const MOST_BYTES = 600_000_000;

let folder: ModelsFolder;
let entry: string;
let profile: Buffer;
beforeAll(async () => {
  folder = await writeModelsFolder();
  entry = await buildServer();
  const picture = await gradientImage().withIccProfile('p3').png().toBuffer();
  profile = (await sharp(picture).metadata()).icc!;
});
afterAll(() => {
  folder.remove();
  rmSync(path.dirname(entry), { recursive: true });
});

interface Answer {
  status: number;
  code?: string;
  retryAfter?: string;
}

/** A connection of its own; the answer may come before the body is sent. */
function classify(url: string, body: Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      `${url}/classify`,
      { method: 'POST', agent: false, headers: { 'content-type': 'image/png', 'content-length': body.length } },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            code: (JSON.parse(text) as { code?: string }).code,
            retryAfter: response.headers['retry-after'],
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

describe('with the limits as they are by default', () => {
  let server: BuiltServer;
  let memory: MemorySampler;
  beforeAll(async () => {
    server = await startBuiltServer(entry, { MODELS_DIR: folder.dir, WORKERS: '2', DECODE_TIMEOUT_MS: '300000' });
    memory = sampleMemory(server.pid);
    return async () => {
      memory.stop();
      await server.stop();
    };
  });

  it('refuses what is beyond a limit, decodes what is within, all at once and within 600 MB', async () => {
    const deep = (width: number, height: number) => blackPng({ width, height, bits: 16, profile });
    const avif = await sharp({ create: { width: 4000, height: 3000, channels: 3, background: '#fa3' } })
      .avif({ effort: 0 })
      .toBuffer();
    // The size that its metadata give is patched: no decoder is asked.
    const largeAvif = Buffer.from(avif);
    largeAvif.writeUInt32BE(7000, largeAvif.indexOf('ispe') + 8);
    largeAvif.writeUInt32BE(7000, largeAvif.indexOf('ispe') + 12);
    const cases: [name: string, body: Buffer, status: number, code?: string][] = [
      ['16 bits with a profile, 49 megapixels', deep(7000, 7000), 413, 'IMAGE_TOO_MUCH_MEMORY'],
      ['16 bits with a profile, 24 megapixels', deep(6000, 4000), 200],
      ['16 bits with a profile, 12 megapixels', deep(4000, 3000), 200],
      ['49,000,000 x 1', blackPng({ width: 49_000_000, height: 1 }), 413, 'IMAGE_SIDE_TOO_LONG'],
      ['1 x 49,000,000', blackPng({ width: 1, height: 49_000_000 }), 413, 'IMAGE_SIDE_TOO_LONG'],
      ['an AVIF of 49 megapixels', largeAvif, 413, 'IMAGE_TOO_MUCH_MEMORY'],
      ...Array.from({ length: 4 }, (): [string, Buffer, number] => ['an AVIF of 12 megapixels', avif, 200]),
      [
        '200 texts of 20 MB',
        blackPng({ width: 16, height: 16, chunks: Array.from<Buffer>({ length: 200 }).fill(textChunk(20_000_000)) }),
        200,
      ],
      ['pixels of 4 GB behind 16 x 16', blackPng({ width: 16, height: 16, surplusBytes: 4_000_000_000 }), 422, 'IMAGE_UNDECODABLE'],
      ['49 megapixels of 8 bits', blackPng({ width: 7000, height: 7000 }), 200],
    ];
    const answers = await Promise.all(cases.map(async ([name, body]) => [name, await classify(server.url, body)] as const));
    expect(answers.map(([name, { status, code }]) => [name, status, code])).toEqual(
      cases.map(([name, , status, code]) => [name, status, code]),
    );
    expect(memory.peakBytes()).toBeLessThan(MOST_BYTES);
    expect(server.records.map(({ event }) => event)).not.toContain('worker-lost');
  });

  it('takes 200 uploads of 10 MB at once, as far as there is room; the others wait or are asked to come again', async () => {
    const picture = await gradientImage().jpeg().toBuffer();
    const body = Buffer.concat([picture, Buffer.alloc(10_000_000 - picture.length)]);
    let health = 0;
    const asking = setInterval(() => void fetch(`${server.url}/healthz`).then(({ ok }) => (health += ok ? 1 : -1000)), 200);
    const answers = await Promise.all(Array.from({ length: 200 }, () => classify(server.url, body)));
    clearInterval(asking);
    const other = answers.filter(({ status, retryAfter }) => status !== 200 && !(status === 503 && retryAfter !== undefined));
    expect(other).toEqual([]);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect(health).toBeGreaterThan(0);
    expect(memory.peakBytes()).toBeLessThan(MOST_BYTES);
  });
});

it('ends a worker that is beyond the deadline, and that one alone: the others answer, and it is replaced', async () => {
  const server = await startBuiltServer(entry, {
    MODELS_DIR: folder.dir,
    WORKERS: '2',
    DECODE_TIMEOUT_MS: '1500',
    MAX_IMAGE_PIXELS: '100000000',
    DECODING_BUDGET_BYTES: '1000000000',
  });
  try {
    const slow = jpegOfManyScans(9000, 9000);
    const small = await gradientImage().jpeg().toBuffer();
    const answer = classify(server.url, slow);
    // While it is being decoded.
    expect((await classify(server.url, small)).status).toBe(200);
    expect(await answer).toMatchObject({ status: 422, code: 'IMAGE_TOO_SLOW' });
    await vi.waitFor(() => expect(server.records.map(({ event }) => event)).toContain('worker-replaced'), {
      timeout: 60_000,
      interval: 50,
    });
    expect(server.records.filter(({ event }) => event === 'worker-lost')).toHaveLength(1);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  } finally {
    await server.stop();
  }
});
