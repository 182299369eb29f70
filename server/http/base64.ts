import { malformed } from './request-body.ts';

/**
 * Bytes of a text in base64 or base64url, with padding or without (RFC 4648).
 *
 * @param place names the text in the refusal
 * @throws AppError REQUEST_MALFORMED
 */
export function decodeBase64(text: string, place: string): Buffer {
  const digits = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length;
  const bytes = Buffer.from(text, 'base64');
  // Node passes over characters that are no digits, and then has fewer bytes.
  if (digits % 4 === 1 || bytes.length !== Math.floor((digits * 3) / 4)) {
    throw malformed(`${place}: expected base64 without line breaks and without "data:" before it, got "${text.slice(0, 40)}"`);
  }
  return bytes;
}
