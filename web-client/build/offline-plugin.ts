import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { FileEntry } from '@sld-edge/runtime';
import { build, type Plugin, type ResolvedConfig } from 'vite';
import { APP_PARTS, PART_NAMES, type AppPart } from '../offline/app-parts.ts';
import type { AppBuild } from '../offline/keeper.ts';
import { isCopy, writeCompressedCopies } from './compressed-copies.ts';
import { writeInline } from './inline.ts';

/** The runtime's modules only define things; what a bundle does not use of them is left out of it. */
export const PURE_RUNTIME = { moduleSideEffects: [{ test: /[/\\]runtime[/\\]/, sideEffects: false }] };

/** Modules and assets that make each part; the first part that fits has them. */
const MEMBERS: [AppPart, RegExp][] = [
  ['graphsOnGpu', /tfjs-backend-webgpu/],
  ['graphsWithoutSimd', /tfjs-backend-wasm\.wasm$/],
  ['graphs', /@tensorflow|tfjs-backend/],
  ['webgpu', /[/\\]runtime[/\\]integer[/\\]webgpu[/\\]/],
];

/** The folder of a file that is made of these: a part's own, or that of every visitor. */
function folderOf(names: readonly string[]): string {
  const [part] = MEMBERS.find(([, members]) => names.some((name) => members.test(name))) ?? [];
  return part ? APP_PARTS[part] : 'assets/';
}

/**
 * Whatever a program starts with in one file: what it shares with parts would be files of their own, requests of every first visit.
 *
 * @param others modules that it does not use, though what it imports names them
 */
export const inOneFile = (name: string, others = /^$/) => ({
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [{ name, tags: ['$initial' as const], test: (id: string) => !others.test(id) }],
  },
});

/** Modules that check manifests, which the page leaves to its worker and to a panel that is opened. */
export const CHECKS_MANIFESTS = /[/\\]runtime[/\\]package[/\\](validate-manifest|field-checks)/;

/** Names of the worker's files: what belongs to a part lies in a folder of its own. */
export const WORKER_OUTPUT = {
  ...inOneFile('worker'),
  chunkFileNames: ({ moduleIds }: { moduleIds: string[] }): string => `${folderOf(moduleIds)}[name]-[hash].js`,
  assetFileNames: ({ names }: { names: string[] }): string => `${folderOf(names)}[name]-[hash][extname]`,
};

/**
 * Once everything else is written, lists every file of the build with its SHA-256 and builds the
 * service worker with that list in it. Last come compressed copies for hosts that send them.
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
      await writePreloads(outDir);
      await writeInline(outDir);
      await writeVersion(outDir);
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
      const text = (files: FileEntry[]): string =>
        `${files.length} files, ${(files.reduce((sum, file) => sum + file.bytes, 0) / 1e6).toFixed(2)} MB`;
      const more = PART_NAMES.map((part) => `for ${part} ${text(set.parts[part])} more`);
      config.logger.info(`offline set ${set.version}: ${[text(set.files), ...more].join('; ')}`);
      const { files, bytes, brotliBytes } = await writeCompressedCopies(outDir);
      config.logger.info(
        `${files} files of ${(bytes / 1e6).toFixed(2)} MB have compressed copies; Brotli's have ${(brotliBytes / 1e6).toFixed(2)} MB`,
      );
    },
  };
}

/** Lets a browser fetch the inference worker's scripts and the index as soon as it has the page, not after the page's script has run. */
export async function writePreloads(outDir: string): Promise<void> {
  const assets = path.join(outDir, 'assets');
  const [worker, ...others] = (await readdir(assets)).filter((name) => /^worker-[\w-]+\.js$/.test(name));
  if (!worker || others.length > 0) throw new Error(`expected one script of the inference worker, got ${worker ? others.length + 1 : 0}`);
  const script = await readFile(path.join(assets, worker), 'utf8');
  const imported = [...script.matchAll(/\bfrom\s*["']\.\/([\w-]+\.js)["']/g)].map(([, name]) => name);
  const links = [worker, ...new Set(imported)].map((name) => `  <link rel="modulepreload" href="./assets/${name}" />\n  `);
  links.push('  <link rel="preload" as="fetch" crossorigin href="./models/index.json" />\n  ');
  const page = path.join(outDir, 'index.html');
  await writeFile(page, (await readFile(page, 'utf8')).replace('</head>', `${links.join('')}</head>`));
}

/** Stands in index.html until the version is known. */
const PLACEHOLDER = '<meta name="build" content="development" />';
const VERSION = /<meta name="build" content="([0-9a-f]{12})" \/>/;

/**
 * Writes the version, a hash over every file, into the page, so that an open page can tell that it is
 * not of the build that has taken over.
 */
export async function writeVersion(outDir: string): Promise<void> {
  const whole = createHash('sha256');
  for (const { path: name, sha256 } of await listFiles(outDir)) whole.update(`${name}\n${sha256}\n`);
  const page = path.join(outDir, 'index.html');
  const html = await readFile(page, 'utf8');
  if (!html.includes(PLACEHOLDER)) throw new Error(`index.html lacks ${PLACEHOLDER}`);
  await writeFile(page, html.replace(PLACEHOLDER, PLACEHOLDER.replace('development', whole.digest('hex').slice(0, 12))));
}

/**
 * @param outDir the finished build, with its version in its page
 * @returns that version and the files, the page itself under the path `./` by which it is asked for
 */
export async function listApp(outDir: string): Promise<AppBuild> {
  const version = VERSION.exec(await readFile(path.join(outDir, 'index.html'), 'utf8'))?.[1];
  if (!version) throw new Error('index.html names no build');
  const files = await listFiles(outDir);
  const ofPart = (part: AppPart): FileEntry[] => files.filter(({ path }) => path.startsWith(APP_PARTS[part]));
  const parts = Object.fromEntries(PART_NAMES.map((part) => [part, ofPart(part)])) as AppBuild['parts'];
  const others = files.filter((file) => !Object.values(parts).some((members) => members.includes(file)));
  return { version, files: others, parts };
}

async function listFiles(outDir: string): Promise<FileEntry[]> {
  const names = (await readdir(outDir, { recursive: true })).map((name) => name.split(path.sep).join('/')).sort();
  const files: FileEntry[] = [];
  for (const name of names) {
    const file = path.join(outDir, name);
    if (name === 'sw.js' || name.endsWith('.map') || isCopy(name) || !(await stat(file)).isFile()) continue;
    const bytes = await readFile(file);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    files.push({ path: name === 'index.html' ? './' : name, bytes: bytes.length, sha256 });
  }
  return files;
}

/** Module by which Vite makes every `import()` wait for styles and preloads of what it imports. */
const HELPER = '\0vite/preload-helper.js';

/** Leaves `import()` as it is written: a part of the page is one file, which brings its own styles. */
export function plainImports(): Plugin {
  return {
    name: 'sld-edge-plain-imports',
    enforce: 'pre',
    load: (id) => (id === HELPER ? 'export const __vitePreload = (load) => load();' : undefined),
  };
}
