import { readOver } from '@sld-edge/runtime/transfer';
import type { EngineStatus } from '@sld-edge/runtime/browser';
import { byId, element } from './element.ts';

/** Shows the package's own images, to be tried with a click. */
export function showSamples({ samples }: EngineStatus, onSample: (url: string) => void): void {
  const root = byId('samples');
  root.hidden = samples.length === 0;
  root.querySelector('ul')!.replaceChildren(
    ...samples.map(({ url, label }) => {
      const button = element(
        'button',
        { type: 'button', class: 'sample', 'aria-label': `Try the sample labelled ${label}`, title: label },
        element('img', { src: url, alt: '', width: '64', height: '64' }),
        element('span', { 'aria-hidden': 'true' }, label),
      );
      button.addEventListener('click', () => onSample(url));
      return element('li', {}, button);
    }),
  );
}

/**
 * Reads a sample of the package, from the device or the server.
 *
 * @throws AppError PACKAGE_FILE_MISSING
 */
export async function readSample(url: string, request: typeof fetch = fetch): Promise<Blob> {
  const bytes = await readOver(url, { request })('');
  return new Blob([bytes as Uint8Array<ArrayBuffer>]);
}
