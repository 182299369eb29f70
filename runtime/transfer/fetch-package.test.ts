import { expect, it } from 'vitest';
import { fetchPackage, readOver } from './fetch-package.ts';

const answering = (response: () => Response): { request: typeof fetch } => ({ request: async () => response() });

it('refuses a web page in place of a file, naming the file', async () => {
  const read = readOver(
    'https://h/models/',
    answering(() => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })),
  );
  await expect(read('a/manifest.json')).rejects.toMatchObject({
    code: 'PACKAGE_FILE_MISSING',
    details: { file: 'https://h/models/a/manifest.json', reason: 'the server answered with a web page' },
  });
});

it('tells a status from an unreachable server', async () => {
  const gone = readOver(
    'https://h/',
    answering(() => new Response(null, { status: 404 })),
  );
  await expect(gone('x')).rejects.toMatchObject({ details: { reason: 'the server answered 404' } });
  const down = readOver('https://h/', { request: () => Promise.reject(new TypeError('fetch failed')) });
  await expect(down('x')).rejects.toMatchObject({ details: { reason: 'the server could not be reached' } });
});

it('says that a file broke off on its way', async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new TypeError('network error')) });
  const read = readOver(
    'https://h/',
    answering(() => new Response(broken)),
  );
  await expect(read('x')).rejects.toMatchObject({
    code: 'PACKAGE_FILE_MISSING',
    details: { file: 'https://h/x', reason: 'the connection broke off before it was whole' },
  });
});

it('says what the server says of a file that was changed there', async () => {
  const details = { file: 'a/weights.bin', expected: 'b8', actual: 'c4' };
  const changed = readOver(
    'https://h/',
    answering(() => Response.json({ code: 'PACKAGE_FILE_CORRUPT', details }, { status: 500 })),
  );
  await expect(changed('x')).rejects.toMatchObject({ code: 'PACKAGE_FILE_CORRUPT', details });
});

it('returns the bytes of the file that was asked for', async () => {
  const asked: string[] = [];
  const request: typeof fetch = async (input) => {
    asked.push(String(input));
    return new Response(new Uint8Array([1, 2, 3]));
  };
  const come = new Map<string, Uint8Array>();
  expect(await readOver('https://h/models/', { request, come })('a/b.bin')).toEqual(new Uint8Array([1, 2, 3]));
  expect(await readOver('https://h/models/', { request, come })('a/b.bin')).toEqual(new Uint8Array([1, 2, 3]));
  expect(asked).toEqual(['https://h/models/a/b.bin']);
});

const index = {
  formatVersion: 1,
  default: 'a',
  packages: [
    {
      name: 'a',
      version: '0123456789ab',
      title: 'A',
      quick: false,
      manifest: { path: 'a/0123456789ab/manifest.json', bytes: 2, sha256: '0'.repeat(64) },
    },
  ],
};

it('says which models there are when asked for another', async () => {
  const request = answering(() => Response.json(index));
  await expect(fetchPackage('https://h/models/', { model: 'b' }, request)).rejects.toMatchObject({
    code: 'MODEL_UNKNOWN',
    details: { model: 'b', allowed: 'a' },
  });
});

it('reports why the newest package failed when the installed one is none either', async () => {
  const asked: string[] = [];
  const request: typeof fetch = async (input) => {
    asked.push(String(input));
    if (String(input).endsWith('/index.json')) return Response.json(index);
    if (String(input).endsWith('?installed')) return new Response(null, { status: 204 });
    return new Response('{}');
  };
  await expect(fetchPackage('https://h/models/', {}, { request, earlierIndex: 'index.json?installed' })).rejects.toMatchObject({
    code: 'PACKAGE_FILE_CORRUPT',
    details: { file: 'manifest.json' },
  });
  expect(asked.at(-1)).toBe('https://h/models/index.json?installed');
});
