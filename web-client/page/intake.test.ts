import { DEFAULT_LIMITS } from '@sld-edge/runtime';
import { expect, it } from 'vitest';
import { readImage } from './intake.ts';

/** A file whose bytes the browser does not give, as of a folder that was dropped. */
function unreadable(name: string, thrown: DOMException): File {
  return Object.assign(new File(['x'], name), { arrayBuffer: () => Promise.reject(thrown) });
}

it('reads bytes and files', async () => {
  expect(await readImage(new Uint8Array([1, 2]))).toEqual(new Uint8Array([1, 2]));
  expect(await readImage(new Blob([new Uint8Array([3])]))).toEqual(new Uint8Array([3]));
});

it.each(['NotReadableError', 'NotFoundError', 'SecurityError'])('says that a file gives nothing: %s', async (name) => {
  const thrown = new DOMException('A requested file or directory could not be found', name);
  await expect(readImage(unreadable('holidays', thrown))).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
    message: 'The file "holidays" cannot be used: it is a folder, or was moved or changed since it was chosen.',
    cause: thrown,
  });
});

it('refuses what is neither a file nor bytes, and what is too large before it is read', async () => {
  await expect(readImage('data:image/png;base64,' as unknown as Blob)).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
  const large = Object.assign(unreadable('a', new DOMException()), {});
  Object.defineProperty(large, 'size', { value: DEFAULT_LIMITS.maxBytes + 1 });
  await expect(readImage(large)).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' });
});
