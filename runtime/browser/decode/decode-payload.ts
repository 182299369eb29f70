import type { Admit } from '../../classifier/session.ts';
import { checkPixelCount, rgbOfPixels } from '../../image/pixels.ts';
import type { Payload } from '../protocol.ts';
import { decodeInBrowser, type DecodedImage } from './decode.ts';
import { bitmapOnWhite } from './draw-on-white.ts';

/** Makes RGB of whatever a page hands in. @throws AppError as `decodeInBrowser`; IMAGE_NOT_DRAWN, IMAGE_TOO_MANY_PIXELS */
export async function decodePayload(input: Payload, admit?: Admit): Promise<DecodedImage> {
  switch (input.kind) {
    case 'file':
      return decodeInBrowser(input.bytes, admit);
    case 'pixels':
      return { ...rgbOfPixels(input), format: 'pixels' };
    case 'bitmap':
      try {
        checkPixelCount(input.bitmap.width, input.bitmap.height);
        return { ...bitmapOnWhite(input.bitmap), format: 'pixels' };
      } finally {
        input.bitmap.close();
      }
  }
}
