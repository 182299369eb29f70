import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@sld-edge/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { DatasetError } from '../data/sets/dataset-error.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { errorLine } from './error-line.ts';
import { UsageError } from './usage-error.ts';

const UNFORESEEN = 'INTERNAL: Something failed that was not foreseen; try again, and report it where it fails again.';
const WHERE = '(SLD_EDGE_DEBUG=1 before the command prints where it was thrown)';

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('the last line of a command that failed', () => {
  it.each([
    [new Error('no package in models; npm run distill makes one')],
    [new UsageError('unknown command "distil"')],
    [new DatasetError('SPLIT_EMPTY', 'no test images')],
  ])('is a sentence of ours as it is: %s', (error) => {
    expect(errorLine(error)).toBe(error.message);
  });

  it('is an error of the catalogue with its code', () => {
    expect(errorLine(new AppError('PACKAGE_FILE_MISSING', { file: 'a', reason: 'ENOENT' }))).toBe(
      'PACKAGE_FILE_MISSING: The package\'s file "a" cannot be read: ENOENT.',
    );
  });

  it.each<[what: string, thrown: () => unknown, line: string | RegExp]>([
    [
      'a fault of ours',
      () => thrownBy(() => (undefined as unknown as string).length),
      `${UNFORESEEN} It is: TypeError: Cannot read properties of undefined (reading 'length') ${WHERE}`,
    ],
    [
      'an error of a library',
      () => thrownBy(() => tf.tensor([1, 2, 3], [2])),
      new RegExp(`^${UNFORESEEN} It is: Error: .*shape.* \\(SLD_EDGE_DEBUG=1 before`),
    ],
    ['an error of two lines', () => new RangeError('one\ntwo'), `${UNFORESEEN} It is: RangeError: one ${WHERE}`],
    [
      'WebAssembly that does not compile',
      () => thrownBy(() => new WebAssembly.Module(new Uint8Array(4))),
      /^INTERNAL: .* It is: CompileError: WebAssembly/,
    ],
    ['a text', () => 'no error', `${UNFORESEEN} It is: no error ${WHERE}`],
    ['nothing', () => undefined, `${UNFORESEEN} It is: undefined ${WHERE}`],
    [
      'a missing file',
      () => thrownBy(() => readFileSync('/none/at all')),
      'FILE_UNUSABLE: The file "/none/at all" cannot be used: there is none (ENOENT).',
    ],
    [
      'too little memory',
      () => thrownBy(() => new ArrayBuffer(2 ** 52)),
      /^MEMORY_EXHAUSTED: There is not enough memory \(Array buffer allocation failed\)/,
    ],
    ['a network that is not there', () => fetch('http://127.0.0.1:1/'), /^NETWORK_FAILED: The network failed \(.*\); check the connection/],
  ])('maps %s to a code and to words that say what to do', async (_what, make, line) => {
    const thrown = await Promise.resolve()
      .then(make)
      .catch((error: unknown) => error);
    if (typeof line === 'string') expect(errorLine(thrown)).toBe(line);
    else expect(errorLine(thrown)).toMatch(line);
  });

  it('names the folder that cannot be made', ({ onTestFinished }) => {
    const path = join(temporaryFolder(onTestFinished), 'taken');
    mkdirSync(path);
    expect(errorLine(thrownBy(() => mkdirSync(path)))).toBe(
      `FILE_UNUSABLE: The file "${path}" cannot be used: it is there already (EEXIST).`,
    );
  });
});
