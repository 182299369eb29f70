import { AppError } from '@sld-edge/runtime';
import { fetchWhole } from '@sld-edge/runtime/transfer';
import type { TransferredWords } from './intake.ts';

/**
 * Reads a picture that was dragged or pasted as words: out of the words themselves, or from this site. The page asks no other site for
 * anything (docs/web-client.md).
 *
 * @param origin of the page
 * @throws AppError IMAGE_MISSING where the words name no picture, IMAGE_ELSEWHERE, NETWORK_FAILED
 */
export async function pictureOfWords(words: TransferredWords, origin: string, request: typeof fetch = fetch): Promise<Blob> {
  const address = addressIn(words);
  const url = address === undefined ? null : URL.parse(address);
  if (!url) throw new AppError('IMAGE_MISSING', {});
  if (url.protocol === 'data:') return pictureOfData(url.href);
  if (!/^https?:$/.test(url.protocol)) throw new AppError('IMAGE_MISSING', {});
  if (url.origin !== origin) throw new AppError('IMAGE_ELSEWHERE', { address: url.origin });
  return pictureOfSite(url.href, request);
}

async function pictureOfSite(address: string, request: typeof fetch): Promise<Blob> {
  const { response, bytes } = await fetchWhole(address, {}, { request }).catch((cause: unknown) => {
    throw new AppError('NETWORK_FAILED', { reason: `${address} could not be fetched` }, { cause });
  });
  if (!response.ok) throw new AppError('IMAGE_MISSING', {});
  return new Blob([bytes]);
}

/** The address of a picture in what browsers give along with a drag: of the `<img>`, else of the link, else what the text is. */
function addressIn({ html, addresses, plain }: TransferredWords): string | undefined {
  const [, inHtml] = /<img\b[^>]*?\bsrc\s*=\s*["']([^"']+)["']/i.exec(html) ?? [];
  if (inHtml) return inHtml.replaceAll('&amp;', '&');
  // Lines that begin with "#" are comments (RFC 2483).
  const inList = addresses.split(/\r?\n/).find((line) => line !== '' && !line.startsWith('#'));
  return inList ?? (/^\s*((https?|data):\S+)\s*$/i.exec(plain)?.[1] || undefined);
}

/** A `data:` address (RFC 2397) holds its file; `fetch` of one is refused by the page's policy. */
function pictureOfData(address: string): Blob {
  const [, parameters, data] = /^data:([^,]*),(.*)$/s.exec(address) ?? [];
  try {
    const text = decodeURIComponent(data);
    if (!/;\s*base64$/i.test(parameters)) return new Blob([text]);
    return new Blob([Uint8Array.from(atob(text), (character) => character.charCodeAt(0))]);
  } catch (cause) {
    throw new AppError('IMAGE_MISSING', {}, { cause });
  }
}
