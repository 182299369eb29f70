import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A response as it went over the wire. */
export interface CountedResponse {
  path: string;
  /** Body as it was encoded, and an estimate of its headers: the raw lines of HTTP/1.1. */
  bytes: number;
}

export interface CountingProxy {
  url: string;
  responses: CountedResponse[];
  close(): Promise<void>;
}

/**
 * Stands between a page and its server, counts every response, and holds each back: whatever can only be asked for once another
 * response has come is another delay.
 *
 * @param delayMs before each answer
 */
export async function startCountingProxy(server: string, delayMs: number): Promise<CountingProxy> {
  const responses: CountedResponse[] = [];
  const proxy = createServer((incoming, outgoing) => {
    const upstream = ask(new URL(incoming.url ?? '/', server), { method: incoming.method, headers: incoming.headers }, (response) => {
      const counted = { path: incoming.url ?? '/', bytes: response.rawHeaders.join(': \r\n').length };
      setTimeout(() => {
        responses.push(counted);
        outgoing.writeHead(response.statusCode!, response.rawHeaders);
        response.on('data', (part: Buffer) => (counted.bytes += part.length));
        response.pipe(outgoing);
      }, delayMs);
    });
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
  });
  await new Promise<void>((resolve) => proxy.listen(0, resolve));
  return {
    url: `http://localhost:${(proxy.address() as AddressInfo).port}/`,
    responses,
    close: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve());
        proxy.closeAllConnections();
      }),
  };
}
