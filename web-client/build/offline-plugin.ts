import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { build, type Plugin, type ResolvedConfig } from 'vite';

/** The runtime's modules only define things; what a bundle does not use of them is left out of it. */
export const PURE_RUNTIME = { moduleSideEffects: [{ test: /[/\\]runtime[/\\]/, sideEffects: false }] };

interface AppSet {
  version: string;
  files: { path: string; bytes: number; sha256: string }[];
}

/**
 * Once everything else is written, lists every file of the build with its SHA-256 and builds the
 * service worker with that list in it.
 */
export function offlinePlugin(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'sld-edge-offline',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
    },
    async closeBundle() {
      const outDir = path.resolve(config.root, config.build.outDir);
      const set = await listApp(outDir);
      await build({
        configFile: false,
        root: config.root,
        logLevel: 'warn',
        publicDir: false,
        define: { __APP_SET__: JSON.stringify(set) },
        build: {
          outDir,
          emptyOutDir: false,
          target: 'es2022',
          rolldownOptions: { treeshake: PURE_RUNTIME },
          lib: { entry: 'offline/service-worker.ts', formats: ['iife'], name: 'sldEdgeOffline', fileName: () => 'sw.js' },
        },
      });
      const bytes = set.files.reduce((sum, file) => sum + file.bytes, 0);
      config.logger.info(`offline set ${set.version}: ${set.files.length} files, ${(bytes / 1e6).toFixed(2)} MB`);
    },
  };
}

/**
 * @param outDir the finished build
 * @returns its files, the page itself under the path `./` by which it is asked for, and a version over all of them
 */
export async function listApp(outDir: string): Promise<AppSet> {
  const names = (await readdir(outDir, { recursive: true })).map((name) => name.split(path.sep).join('/')).sort();
  const files: AppSet['files'] = [];
  const whole = createHash('sha256');
  for (const name of names) {
    const file = path.join(outDir, name);
    if (name === 'sw.js' || name.endsWith('.map') || !(await stat(file)).isFile()) continue;
    const bytes = await readFile(file);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    files.push({ path: name === 'index.html' ? './' : name, bytes: bytes.length, sha256 });
    whole.update(`${name}\n${sha256}\n`);
  }
  return { version: whole.digest('hex').slice(0, 12), files };
}
