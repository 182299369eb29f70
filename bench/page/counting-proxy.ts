import { createServer, request as ask } from 'node:http';
import { listen } from '../../e2e/harness/listen.ts';
import type { SlowNetwork } from './network.ts';

/** A response as it went over the wire. */
export interface CountedResponse {
  path: string;
  /** Begin of its first byte, in milliseconds since 1970. */
  atMs: number;
  /** Body as it was encoded, and an estimate of its headers: the raw lines of HTTP/1.1. */
  bytes: number;
  /** Number of the round that gave it, where answers are held back: each round gives all that could be asked for after the one before. */
  round: number;
}

export interface CountingProxy {
  url: string;
  responses: CountedResponse[];
  close(): Promise<void>;
}

export interface ProxyOptions {
  network?: SlowNetwork;
  /** Answers are held back until nothing more is asked for this long, then given all at once. Unlike a delay it counts, and measures nothing. */
  roundMs?: number;
}

/** Stands between a page and its server, and counts every response. */
export async function startCountingProxy(server: string, { network, roundMs }: ProxyOptions = {}): Promise<CountingProxy> {
  const responses: CountedResponse[] = [];
  const round = roundMs === undefined ? undefined : holdInRounds(roundMs);
  const proxy = createServer((incoming, outgoing) => {
    const asked = Promise.all([round?.next(), network?.latency()]);
    const upstream = ask(new URL(incoming.url ?? '/', server), { method: incoming.method, headers: incoming.headers }, (response) => {
      void (async () => {
        const [inRound = 0] = await asked;
        const counted = {
          round: inRound,
          path: incoming.url ?? '/',
          atMs: performance.timeOrigin + performance.now(),
          bytes: response.rawHeaders.join(': \r\n').length,
        };
        responses.push(counted);
        outgoing.writeHead(response.statusCode!, response.rawHeaders);
        for await (const part of response as AsyncIterable<Buffer>) {
          counted.bytes += part.length;
          for (const piece of network ? network.pieces(part) : [part]) {
            await network?.send(piece.length);
            outgoing.write(piece);
          }
        }
        outgoing.end();
      })().catch(() => outgoing.destroy());
    });
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
  });
  return { responses, ...(await listen(proxy)) };
}

function holdInRounds(quietMs: number): { next(): Promise<number> } {
  let held: ((round: number) => void)[] = [];
  let rounds = 0;
  let timer: ReturnType<typeof setTimeout>;
  const release = (): void => {
    rounds++;
    for (const go of held) go(rounds);
    held = [];
  };
  return {
    next: () =>
      new Promise((resolve) => {
        held.push(resolve);
        clearTimeout(timer);
        timer = setTimeout(release, quietMs);
      }),
  };
}
