import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { installPacked, packCopy } from './pack-library.ts';
import { listen, type Listening } from './listen.ts';
import { ROOT } from './server.ts';

const run = promisify(execFile);

/** The library as it is published, and the examples that use it. */
export interface InstalledLibrary {
  /** Folder of the installed package. */
  dir: string;
  /** Folder of the built Vite application. */
  viteApp: string;
}

/** Packs the library, installs it into an empty folder and builds the Vite example with it. */
export async function installLibrary(scratch: string): Promise<InstalledLibrary> {
  const packed = await packCopy(scratch);
  const app = path.join(scratch, 'app');
  await cp(path.join(ROOT, 'examples/vite-app'), app, { recursive: true });
  await installPacked(packed, app);
  // What else an application has: its frameworks.
  const modules = path.join(app, 'node_modules');
  for (const name of ['react', 'react-dom', 'scheduler', 'vue', '@vue', '@babel', 'csstype'])
    await symlink(path.join(ROOT, 'node_modules', name), path.join(modules, name)).catch(() => undefined);
  await run(process.execPath, [path.join(ROOT, 'node_modules/vite/bin/vite.js'), 'build'], { cwd: app });
  return { dir: path.join(modules, '@sld-edge/runtime'), viteApp: path.join(app, 'dist') };
}

const TYPES: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.json': 'application/json' };

/** The strictest policy under which the library works. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self'; style-src 'self'";

/** Serves examples, library and packages side by side. @param isFree true: without a policy, for pages that load from elsewhere */
export async function serveLibrary({ dir, viteApp }: InstalledLibrary, modelsDir: string, isFree = false): Promise<Listening> {
  const folders: Record<string, string> = {
    page: path.join(ROOT, 'examples/page'),
    'service-worker': path.join(ROOT, 'examples/service-worker'),
    'sld-edge': dir,
    models: modelsDir,
    'vite-app': viteApp,
  };
  const server = createServer((request, response) => {
    void (async () => {
      const { pathname } = new URL(request.url!, 'http://localhost');
      // Browsers ask for it unasked.
      if (pathname === '/favicon.ico') return void response.writeHead(204).end();
      const [, folder, ...rest] = pathname.split('/');
      const inApp = folder === 'vite-app' && rest[0] === 'models';
      const isLibrary = folder === 'service-worker' && rest[0] === 'sld-edge';
      const file = inApp
        ? path.join(modelsDir, ...rest.slice(1))
        : isLibrary
          ? path.join(dir, ...rest.slice(1))
          : path.join(folders[folder] ?? '/nowhere', rest.join('/') || 'index.html');
      const bytes = await readFile(file).catch(() => null);
      const headers = {
        'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
        'cache-control': 'no-cache',
        'access-control-allow-origin': '*',
        ...(isFree ? {} : { 'content-security-policy': POLICY }),
      };
      response.writeHead(bytes ? 200 : 404, headers).end(bytes ?? 'not found');
    })();
  });
  return listen(server);
}

/** Makes an empty folder. */
export async function folderIn(scratch: string, name: string): Promise<string> {
  const folder = path.join(scratch, name);
  await mkdir(folder, { recursive: true });
  return folder;
}
