import { AppError } from '@sld-edge/runtime';
import { expect, it } from 'vitest';
import { loadCommand } from './commands/index.ts';
import type { Command } from './configuration/command-line.ts';
import { runLine } from './run-line.ts';

/** The line of a command whose work is replaced. */
const lineThat = (run: Command['run'], words = ['doctor']) => runLine(words, async (name) => ({ ...(await loadCommand(name)), run }));

it.each<[what: string, thrown: unknown, error: RegExp]>([
  ['a fault', new TypeError('x is not a function'), /^error: INTERNAL: .* It is: TypeError: x is not a function \(SLD_EDGE_DEBUG=1 .*\)$/],
  [
    'an error of DOM’s kind',
    new DOMException('The operation was aborted', 'AbortError'),
    /^error: INTERNAL: .* It is: AbortError: The operation/,
  ],
  [
    'a network that failed',
    new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND a.b') }),
    /^error: NETWORK_FAILED: .*ENOTFOUND a\.b/,
  ],
  ['an error of the catalogue', new AppError('IMAGE_CMYK', { format: 'JPEG' }), /^error: IMAGE_CMYK: The JPEG image is in CMYK/],
  ['a sentence of ours', new Error('nothing to resume in runs/a'), /^error: nothing to resume in runs\/a$/],
  ['nothing at all', undefined, /^error: INTERNAL: .* It is: undefined /],
])('ends with status 1 and one line after %s', async (_what, thrown, error) => {
  const end = await lineThat(() => Promise.reject(thrown as Error));
  expect(end).toEqual({ status: 1, error: expect.stringMatching(error) as unknown as string });
  expect(end.error).not.toContain('\n');
});

it('ends with status 1 where a check failed, and gives the result as JSON where it is asked to', async () => {
  expect(await lineThat(async () => ({ pass: false }))).toEqual({ status: 1 });
  expect(await lineThat(async () => ({ pass: true, images: 3 }), ['doctor', '--json'])).toEqual({
    status: 0,
    result: '{"pass":true,"images":3}',
  });
});
