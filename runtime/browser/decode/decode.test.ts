import { corpusBytes } from '../../testing/index.ts';
import { expect, it } from 'vitest';
import { decodeInBrowser } from './decode.ts';

it.each([
  [40_000, 10, 'IMAGE_SIDE_TOO_LONG'],
  [7000, 7000, 'IMAGE_TOO_MUCH_MEMORY'],
])("keeps the server's limits, before the browser is asked: %i x %i", async (width, height, code) => {
  const bytes = Uint8Array.from(corpusBytes('png-16-bit-display-p3.png'));
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  await expect(decodeInBrowser(bytes)).rejects.toMatchObject({ code });
});
