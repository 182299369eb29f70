import { openSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { AppError } from './catalogue.ts';
import { recogniseError } from './recognise.ts';

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** A port on which nothing listens: a privileged one that the tests never take. */
const NOWHERE = 'http://127.0.0.1:9/';

it.each<[what: string, thrown: () => unknown, code: string, message: RegExp]>([
  ['an allocation of V8', () => thrownBy(() => new ArrayBuffer(2 ** 52)), 'MEMORY_EXHAUSTED', /\(Array buffer allocation failed\)/],
  [
    'a message of Chromium that cannot be cloned',
    () => new DOMException('Data cannot be cloned, out of memory.', 'DataCloneError'),
    'MEMORY_EXHAUSTED',
    /out of memory/,
  ],
  [
    'a thread of Node',
    () => Object.assign(new Error('Worker terminated'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }),
    'MEMORY_EXHAUSTED',
    /Worker terminated/,
  ],
  ['a fetch of Node', () => fetch(NOWHERE), 'NETWORK_FAILED', /\((bad port|connect ECONNREFUSED .*)\)/],
  ['a fetch of Chromium', () => new TypeError('Failed to fetch'), 'NETWORK_FAILED', /\(Failed to fetch\)/],
  ['a fetch of Safari', () => new TypeError('Load failed'), 'NETWORK_FAILED', /\(Load failed\)/],
  ['a fetch of Firefox', () => new TypeError('NetworkError when attempting to fetch resource.'), 'NETWORK_FAILED', /NetworkError/],
  ['a connection of Node', () => once(connect(9, '127.0.0.1'), 'connect'), 'NETWORK_FAILED', /ECONNREFUSED/],
  [
    'a file that is missing',
    () => thrownBy(() => openSync('/none/at all', 'r')),
    'FILE_UNUSABLE',
    /^The file "\/none\/at all" cannot be used: there is none \(ENOENT\)\.$/,
  ],
  [
    'a folder in place of a file',
    () => thrownBy(() => openSync('/', 'w')),
    'FILE_UNUSABLE',
    /"\/" cannot be used: it is a folder \(EISDIR\)/,
  ],
  [
    'a code without words of ours',
    () => Object.assign(new Error('EXDEV: odd'), { code: 'EXDEV', path: 'a' }),
    'FILE_UNUSABLE',
    /"a" cannot be used: EXDEV: odd/,
  ],
  ['a fault of ours', () => thrownBy(() => (undefined as unknown as string).length), 'INTERNAL', /not foreseen/],
  ['a range that is none', () => thrownBy(() => new Array(-1)), 'INTERNAL', /not foreseen/],
  ['a text', () => 'no error at all', 'INTERNAL', /not foreseen/],
  ['nothing', () => undefined, 'INTERNAL', /not foreseen/],
])('tells %s by its code and keeps it as the cause', async (_what, make, code, message) => {
  const thrown = await Promise.resolve()
    .then(make)
    .catch((error: unknown) => error);
  const error = recogniseError(thrown);
  expect([error.code, error.cause]).toEqual([code, thrown]);
  expect(error.message).toMatch(message);
});

it('leaves an error of the catalogue as it is', () => {
  const error = new AppError('IMAGE_MISSING', {});
  expect(recogniseError(error)).toBe(error);
});
