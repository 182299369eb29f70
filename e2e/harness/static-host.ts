import { readFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
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
  const server: HttpServer = createServer((request, response) => {
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
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const host: StaticHost = {
    url: `http://localhost:${(server.address() as AddressInfo).port}/app/`,
    fault: () => null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return host;
}
