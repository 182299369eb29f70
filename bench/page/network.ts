/** A slow network that all transfers of a page share. */
export interface SlowNetwork {
  /** Settles when a request's first byte may come. */
  latency(): Promise<void>;
  /** Settles when so many bytes have gone over the line, after all that were given before. */
  send(bytes: number): Promise<void>;
  /** A part in pieces small enough for transfers at the same time to share the line. */
  pieces(part: Buffer): Buffer[];
}

/** Lighthouse's and Chromium's "Slow 4G", as a browser throttles by it: each request waits so long, and all share the line. */
export const NETWORKS = { 'slow-4g': { megabitsPerSecond: 1.44, latencyMs: 562.5 } } as const;

export type NetworkName = keyof typeof NETWORKS;

/** Bytes that a TCP segment carries. */
const PIECE_BYTES = 1460;

export function slowNetwork(name: NetworkName): SlowNetwork {
  const { megabitsPerSecond, latencyMs } = NETWORKS[name];
  const bytesPerMs = (megabitsPerSecond * 1e6) / 8 / 1000;
  /** Time at which the line is free again; later than now while it is in use. */
  let freeAt = 0;
  return {
    latency: () => wait(latencyMs),
    send: (bytes) => {
      freeAt = Math.max(freeAt, performance.now()) + bytes / bytesPerMs;
      return wait(freeAt - performance.now());
    },
    pieces: (part) =>
      Array.from({ length: Math.ceil(part.length / PIECE_BYTES) }, (_, i) => part.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES)),
  };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
