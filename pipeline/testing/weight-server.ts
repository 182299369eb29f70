import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface WeightServer extends AsyncDisposable {
  url(path: string): string;
  /** The `Range` headers that came for the file, in their order. */
  ranges: (string | undefined)[];
}

/**
 * A server of one file at `/file`, to which `/moved` leads; all else is not there.
 * @param options.cutAfter bytes after which it breaks off each answer
 */
export async function weightServer(content: Buffer, options: { cutAfter?: number; knowsRanges?: boolean } = {}): Promise<WeightServer> {
  const { cutAfter = Infinity, knowsRanges = true } = options;
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/moved') return void response.writeHead(302, { location: '/file' }).end();
    if (request.url !== '/file') return void response.writeHead(404).end();
    const { range } = request.headers;
    ranges.push(range);
    const start = knowsRanges && range ? Number(/^bytes=(\d+)-$/.exec(range)![1]) : 0;
    if (start >= content.length) return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    const rest = content.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': rest.length,
      ...(start > 0 && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
    });
    if (rest.length <= cutAfter) response.end(rest);
    else response.write(rest.subarray(0, cutAfter), () => setImmediate(() => response.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    ranges,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
