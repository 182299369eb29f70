export interface ImageLimits {
  /** Largest encoded size in bytes. */
  maxBytes: number;
  /** Largest width · height. */
  maxPixels: number;
  /** Largest width, and largest height. */
  maxSide: number;
  /** Most memory that decoding may take, in bytes, as `decodingBytesOf` tells it beforehand. */
  maxDecodingBytes: number;
}

export const DEFAULT_LIMITS: Readonly<ImageLimits> = {
  maxBytes: 10 * 1024 * 1024,
  maxPixels: 50_000_000,
  maxSide: 32_768,
  maxDecodingBytes: 256_000_000,
};
