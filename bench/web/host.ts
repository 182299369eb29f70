/** A static server for the bench's page: isolated from other origins, so that runtimes may use threads and fine clocks. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { listen, type Listening } from '../../e2e/harness/listen.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** @param folders by the first part of a URL's path */
export async function startBenchHost(folders: Record<string, string>): Promise<Listening> {
  const server = createServer((request, response) => {
    void (async () => {
      const [, first, ...rest] = normalize(new URL(request.url ?? '/', 'http://localhost').pathname).split('/');
      const folder = Object.hasOwn(folders, first) ? folders[first] : undefined;
      const bytes = folder && (await readFile(join(folder, ...rest)).catch(() => undefined));
      const type = TYPES[extname(rest.at(-1) ?? '')] ?? 'application/octet-stream';
      response.writeHead(bytes ? 200 : 404, { 'content-type': type, ...ISOLATED });
      response.end(bytes ?? 'not found');
    })();
  });
  return listen(server, 'localhost');
}
