import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorOf } from '../../testing/error-of.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { weightServer, type WeightServer } from '../../testing/weight-server.ts';
import { downloadToFile } from './download.ts';

const CONTENT = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));

let target: string;
beforeEach(() => {
  target = join(temporaryFolder(), 'file');
});

async function withServer(use: (server: WeightServer) => Promise<void>, options: Parameters<typeof weightServer>[1] = {}): Promise<void> {
  await using server = await weightServer(CONTENT, options);
  await use(server);
}

describe('download', () => {
  it('brings the whole file and tells how far it is', async () => {
    await withServer(async ({ url }) => {
      const told: [number, number][] = [];
      await downloadToFile(url('/file'), target, (done, total) => told.push([done, total]));
      expect(readFileSync(target)).toEqual(CONTENT);
      expect(told.at(-1)).toEqual([1000, 1000]);
    });
  });

  it('follows redirections', async () => {
    await withServer(async ({ url }) => {
      await downloadToFile(url('/moved'), target);
      expect(readFileSync(target)).toEqual(CONTENT);
    });
  });

  it('continues where a transfer was cut off, and asks for nothing twice', async () => {
    await withServer(
      async ({ url, ranges }) => {
        await downloadToFile(url('/file'), target);
        expect(readFileSync(target)).toEqual(CONTENT);
        expect(ranges).toEqual([undefined, 'bytes=400-', 'bytes=800-']);
      },
      { cutAfter: 400 },
    );
  });

  it('continues what an earlier run left, and begins again where the server knows no ranges', async () => {
    writeFileSync(target, CONTENT.subarray(0, 300));
    await withServer(async ({ url, ranges }) => {
      await downloadToFile(url('/file'), target);
      expect(readFileSync(target)).toEqual(CONTENT);
      expect(ranges).toEqual(['bytes=300-']);
    });
    writeFileSync(target, 'something longer than nothing');
    await withServer(
      async ({ url }) => {
        await downloadToFile(url('/file'), target);
        expect(readFileSync(target)).toEqual(CONTENT);
      },
      { knowsRanges: false },
    );
  });

  it('leaves what is whole already', async () => {
    writeFileSync(target, CONTENT);
    await withServer(async ({ url }) => {
      await downloadToFile(url('/file'), target);
      expect(readFileSync(target)).toEqual(CONTENT);
    });
  });

  it('keeps what came where every attempt is cut off, and says so', async () => {
    await withServer(
      async ({ url }) => {
        expect((await errorOf(() => downloadToFile(url('/file'), target))).message).toMatch(
          /\/file: .*, after 50 bytes, which are kept: the next attempt continues there$/,
        );
        expect(readFileSync(target)).toEqual(CONTENT.subarray(0, 50));
      },
      { cutAfter: 10 },
    );
  });

  it('says what the server answers where that is no file', async () => {
    await withServer(async ({ url }) => {
      expect((await errorOf(() => downloadToFile(url('/absent'), target))).message).toBe(`${url('/absent')}: HTTP status 404`);
      expect(existsSync(target)).toBe(false);
    });
  });

  it('says where nobody listens', async () => {
    expect((await errorOf(() => downloadToFile('http://127.0.0.1:1/file', target))).message).toMatch(/^http:\/\/127\.0\.0\.1:1\/file: /);
  });
});
