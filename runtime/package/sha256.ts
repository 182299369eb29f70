import { AppError } from '../errors/catalogue.ts';

/**
 * Lower-case hexadecimal SHA-256 (FIPS 180-4) of the bytes, by the platform's Web Crypto.
 *
 * @throws AppError SECURE_CONTEXT_REQUIRED if a browser withholds `crypto.subtle`
 */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  // Browsers define `crypto.subtle` in secure contexts only.
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle) throw new AppError('SECURE_CONTEXT_REQUIRED', {});
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
