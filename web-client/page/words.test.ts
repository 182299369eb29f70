import { ERROR_CATALOGUE, type ClassifyResult, type ErrorCode } from '@sld-edge/runtime';
import { describe, expect, it } from 'vitest';
import { readDistrusted, rememberDistrusted, type GetStorage } from './distrusted-adapters.ts';
import { ERROR_WORDS, wordsFor } from './error-words.ts';
import { formatBytes, formatMs, formatPercent } from './format.ts';
import { offlineWords } from './offline-badge.ts';
import { readParameters } from './parameters.ts';
import { spokenResult } from './result-view.ts';

describe('numbers', () => {
  it.each([
    [0.42, '0.4 ms'],
    [9.94, '9.9 ms'],
    [12.6, '13 ms'],
    [1340, '1.3 s'],
  ])('%d ms', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  it.each([
    [0.9743, '97.4 %'],
    [0, '0.0 %'],
    [1, '100.0 %'],
    [0.99995, '> 99.9 %'],
    [0.0004, '< 0.1 %'],
  ])('fraction %d', (fraction, text) => {
    expect(formatPercent(fraction)).toBe(text);
  });

  it.each([
    [512, '512 B'],
    [98_304, '98 kB'],
    [2_400_000, '2.4 MB'],
    [10_700_000_000, '10.7 GB'],
  ])('%d bytes', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('the words of an error', () => {
  it('are there for each code of the catalogue and for no other, and end as sentences do', () => {
    expect(Object.keys(ERROR_WORDS).sort()).toEqual(Object.keys(ERROR_CATALOGUE).sort());
    for (const { title, advice } of Object.values(ERROR_WORDS)) {
      expect(title).toMatch(/[^.]$/);
      expect(advice).toMatch(/\.$/);
    }
  });

  it.each<[fault: string, code: ErrorCode, search: string, title: string, advice: RegExp]>([
    ['the worker’s script, a chunk or a wasm is missing', 'PROGRAM_FILE_MISSING', '', 'A part of this page could not be loaded', /^Reload/],
    [
      'the same where a backend was asked for',
      'PROGRAM_FILE_MISSING',
      '?backend=wasm',
      'A part of this page could not be loaded',
      /^Reload/,
    ],
    ['nothing computes here', 'BACKEND_UNAVAILABLE', '', 'This browser cannot compute the model', /^Use a current browser\.$/],
    [
      'the backend that was asked for does not',
      'BACKEND_UNAVAILABLE',
      '?backend=webgpu',
      'This browser cannot compute the way that was asked for',
      /without “backend”/,
    ],
    ['wrong answers', 'BACKEND_GOLDEN_MISMATCH', '', 'This device computes wrong answers', /Use another browser/],
    [
      'wrong answers by what was asked for',
      'BACKEND_GOLDEN_MISMATCH',
      '?backend=tfjs-webgpu',
      'This device computes wrong answers the way that was asked for',
      /without “backend”/,
    ],
    ['a dropped folder', 'FILE_UNUSABLE', '', 'The file cannot be read', /a folder.*Choose it again\.$/],
    ['a file that hangs, is cut, is gone, or is a web page', 'PACKAGE_FILE_MISSING', '', 'The model could not be downloaded', /^Reload/],
    ['a flipped byte', 'PACKAGE_FILE_CORRUPT', '', 'The model was refused: a file of it is not the original', /^It was fetched again/],
    ['a stopped download', 'DOWNLOAD_STOPPED', '', 'The download was stopped', /^Go on when you like/],
    ['no HTTPS', 'SECURE_CONTEXT_REQUIRED', '', 'The page needs a secure connection', /https:/],
    ['a picture’s address', 'IMAGE_ELSEWHERE', '', 'That picture lies on another site', /asks no other site.*choose the file\.$/],
    ['a camera that was forbidden', 'CAMERA_REFUSED', '', 'The camera was not allowed', /^Allow the camera/],
    ['no camera', 'CAMERA_MISSING', '', 'There is no camera here', /^Connect one/],
    ['a camera in use', 'CAMERA_BUSY', '', 'The camera gives no pictures', /^Close other programs/],
    ['a picture too long', 'IMAGE_SIDE_TOO_LONG', '', 'The image is too long or too wide', /32,768 pixels/],
    ['a picture that the canvas swallowed', 'IMAGE_NOT_DRAWN', '', 'The image could not be drawn', /Scale it down/],
  ])('are true: %s', (_fault, code, search, title, advice) => {
    const words = wordsFor(code, search);
    expect(words.title).toBe(title);
    expect(words.advice).toMatch(advice);
  });

  it('do not say of a sample picture that it was the model', () => {
    expect(wordsFor('PACKAGE_FILE_MISSING', '', 'sample').title).toBe('The sample picture could not be loaded');
    expect(wordsFor('PACKAGE_FILE_CORRUPT', '?backend=wasm', 'sample').title).toBe('The sample picture is damaged');
    expect(wordsFor('MEMORY_EXHAUSTED', '', 'sample')).toBe(ERROR_WORDS.MEMORY_EXHAUSTED);
  });

  it('send nobody to whoever runs the site for what they did themselves', () => {
    const own = (Object.keys(ERROR_WORDS) as ErrorCode[]).filter((code) => /^IMAGE_|^FILE_|^CAMERA_/.test(code));
    for (const code of own) expect(ERROR_WORDS[code].advice).not.toContain('runs this site');
  });
});

describe('the spoken answer', () => {
  const predictions = ['Boot', 'Sandal', 'Sneaker', 'Bag', 'Coat', 'Dress'].map((label, index) => ({
    label,
    index,
    probability: [0.6, 0.2, 0.1, 0.05, 0.03, 0.02][index],
  }));
  const result = { predictions, abstained: false } as ClassifyResult;

  it('says the five likeliest classes', () => {
    expect(spokenResult(result)).toBe('Boot, 60.0 %. Then Sandal 20.0 %, Sneaker 10.0 %, Bag 5.0 %, Coat 3.0 %.');
  });

  it('says that the model is not sure where it should withhold its answer', () => {
    expect(spokenResult({ ...result, abstained: true })).toBe(
      'Boot, 60.0 %. The model is not sure. Then Sandal 20.0 %, Sneaker 10.0 %, Bag 5.0 %, Coat 3.0 %.',
    );
  });
});

describe('the offline badge', () => {
  it('never shows 100 % before everything is stored', () => {
    expect(offlineWords({ phase: 'downloading', app: 'a', doneBytes: 999, totalBytes: 1000 }).short).toBe('Saving for offline use: 99 %');
  });

  it('names the reason and what still works', () => {
    const failed = { phase: 'failed', app: 'a', model: 'm', version: '2', cause: 'quota', reason: 'no room' } as const;
    const words = offlineWords(failed);
    expect(words.short).toBe('No room to save offline');
    expect(words.long).toBe('no room; the page works from memory until it is closed');
    const earlier = offlineWords({ ...failed, earlier: '1' });
    expect(earlier.short).toBe('Earlier model saved offline');
    expect(earlier.long).toBe('no room; without a network the earlier model m@1 answers, which is whole on this device');
    const stopped = offlineWords({ ...failed, cause: 'stopped' });
    expect(stopped).toMatchObject({ tone: 'idle', short: 'Saving was stopped' });
    const refused = offlineWords({ phase: 'refused', reason: 'this browser refuses' });
    expect(refused.short).toBe('Works from memory');
    expect(refused.long).toBe('this browser refuses; the page works from memory until it is closed');
  });
});

describe('the address', () => {
  it('names model, variant and backends in order', () => {
    expect(readParameters('?model=m&variant=float32&backend=tfjs-webgpu,tfjs-wasm')).toEqual({
      model: 'm',
      variant: 'float32',
      backends: ['tfjs-webgpu', 'tfjs-wasm'],
    });
    expect(readParameters('?threads=3').threads).toBe(3);
    for (const wrong of ['0', '17', 'two', ''])
      expect(() => readParameters(`?threads=${wrong}`)).toThrow(`threads must be a whole number from 1 to 16; came "${wrong}"`);
    expect(readParameters('')).toEqual({ model: undefined, variant: undefined, backends: undefined });
  });

  it('says what the backend typescript is called now', () => {
    expect(() => readParameters('?backend=typescript')).toThrow('what was "typescript" is called "interpreter" now');
  });

  it('may not name a backend that browsers lack', () => {
    expect(() => readParameters('?backend=cuda')).toThrow(
      'in a browser there are: wasm, wasm-relaxed, wasm-scalar, webgpu, interpreter, tfjs-wasm, tfjs-webgpu',
    );
  });
});

describe('the memory of adapters', () => {
  const storageOf = (initial: Record<string, string> = {}): GetStorage => {
    const kept = new Map(Object.entries(initial));
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
      removeItem: (key: string) => kept.delete(key),
    } as unknown as Storage;
    return () => storage;
  };

  it('keeps the last reason for an adapter and package', () => {
    const storage = storageOf({ 'sld-edge-distrusted-adapters': '[{}]' });
    rememberDistrusted({ adapter: 'a', model: 'm@1', reason: 'first' }, 'k', storage);
    rememberDistrusted({ adapter: 'a', model: 'm@2', reason: 'other' }, 'k', storage);
    rememberDistrusted({ adapter: 'a', model: 'm@1', reason: 'second' }, 'k', storage);
    expect(readDistrusted('k', storage).map(({ model, reason }) => `${model} ${reason}`)).toEqual(['m@2 other', 'm@1 second']);
    expect(readDistrusted('of another deployment', storage)).toEqual([]);
    expect(storage().getItem('sld-edge-distrusted-adapters')).toBeNull();
  });

  it('is empty where it is unreadable, and where the browser refuses storage', () => {
    expect(readDistrusted('k', storageOf({ k: '{broken' }))).toEqual([]);
    expect(readDistrusted('k', storageOf({ k: '{}' }))).toEqual([]);
    const refusing: GetStorage = () => {
      throw new DOMException('Access is denied for this document', 'SecurityError');
    };
    expect(readDistrusted('k', refusing)).toEqual([]);
    expect(() => rememberDistrusted({ adapter: 'a', model: 'm', reason: 'r' }, 'k', refusing)).not.toThrow();
  });
});
