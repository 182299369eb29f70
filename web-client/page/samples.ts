import { AppError, readVerified, type ClassifierReport } from '@sld-edge/runtime';
import { readOver } from '@sld-edge/runtime/transfer';
import { byId, element } from './element.ts';
import { PAGE_TEXT as text } from './strings.ts';

type Sample = ClassifierReport['samples'][number];

/**
 * Shows the package's own images, to be tried with a click.
 *
 * @param quiet settles when they may be fetched; their places are there before
 */
export function showSamples({ samples }: ClassifierReport, onSample: (sample: Sample) => void, quiet?: Promise<unknown>): void {
  const root = byId('samples');
  root.hidden = samples.length === 0;
  root.querySelector('ul')!.replaceChildren(
    ...samples.map((sample) => {
      const { url, label } = sample;
      const picture = element('img', { alt: '', width: '64', height: '64' });
      void Promise.resolve(quiet).then(() => (picture.src = url));
      const button = element(
        'button',
        { type: 'button', class: 'sample', 'aria-label': text.sample(label), title: label },
        picture,
        element('span', { 'aria-hidden': 'true', dir: 'auto' }, label),
      );
      button.addEventListener('click', () => onSample(sample));
      return element('li', {}, button);
    }),
  );
}

/**
 * Reads a sample of the package, from the device or the server, and compares it with the manifest's SHA-256. One that differs is asked for
 * once more, past all caches.
 *
 * @throws AppError PACKAGE_FILE_MISSING, PACKAGE_FILE_CORRUPT
 */
export async function readSample({ url, bytes, sha256 }: Sample, request: typeof fetch = fetch): Promise<Blob> {
  const entry = { path: url, bytes, sha256 };
  const read = (fresh: string[]): Promise<Uint8Array> => readVerified(readOver(url, { request }, new Set(fresh)), entry);
  const verified = await read([]).catch((thrown: unknown) => {
    if (thrown instanceof AppError && thrown.code === 'PACKAGE_FILE_CORRUPT') return read([url]);
    throw thrown;
  });
  return new Blob([verified as Uint8Array<ArrayBuffer>]);
}
