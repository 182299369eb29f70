import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { listen } from './listen.ts';
import { ROOT } from './server.ts';

/** Answer that a test makes the host give in place of a file; null for the file as it is, `hang` for none at all. */
export type Fault = (file: string, bytes: Buffer | null) => { status?: number; type?: string; body: string | Buffer } | 'hang' | null;

/**
 * A host of files and nothing more: the built page with the packages in `models/` beneath it, as
 * `npm run deploy -- --target static` lays them out, in a folder of its own (`/app/`), and once more in `/app2/`. It sends none
 * of our server's headers.
 */
export interface StaticHost {
  url: string;
  fault: Fault;
  close(): Promise<void>;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
};

export async function startStaticHost(modelsDir: string): Promise<StaticHost> {
  const server = createServer((request, response) => {
    void (async () => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      const file = pathname.replace(/^\/app2?\//, '').replace(/^$/, 'index.html');
      const source = file.startsWith('models/') ? path.join(modelsDir, file.slice(7)) : path.join(ROOT, 'web-client/dist', file);
      const bytes = /^\/app2?\//.test(pathname) ? await readFile(source).catch(() => null) : null;
      const fault = host.fault(file, bytes);
      if (fault === 'hang') return;
      const type = fault?.type ?? TYPES[path.extname(file)] ?? 'application/octet-stream';
      response.writeHead(fault?.status ?? (bytes || fault ? 200 : 404), { 'content-type': type, 'cache-control': 'no-cache' });
      response.end(fault ? fault.body : (bytes ?? 'not found'));
    })();
  });
  const { url, close } = await listen(server);
  const host: StaticHost = { url: `${url}app/`, fault: () => null, close };
  return host;
}
