/**
 * Compiles the pipeline to JavaScript, into a cache. A process and each of its threads then start without a TypeScript loader,
 * which takes about two seconds of processor time a thread.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

const pipeline = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(pipeline);
// Beside the pipeline's dependencies, which the compiled files import by name; not among them, for a stack tells by its paths whose fault an error is.
const cache = join(pipeline, '.compiled');

const KEPT_MS = 24 * 3600 * 1000;

/** Modules with which a process or a thread starts. */
const isEntry = (path) => path === join(pipeline, 'cli.ts') || path.endsWith('worker.ts') || path.endsWith('-child.ts');

/** Sources of a folder. The cache lies in one, and other processes may be renaming in it: hidden folders are passed over. */
const sourcesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith('.') || entry.name === 'node_modules' ? [] : sourcesIn(path);
    return path.endsWith('.ts') && !path.endsWith('.test.ts') ? [path] : [];
  });

const sources = () => ['pipeline', 'runtime'].flatMap((folder) => sourcesIn(join(root, folder)));

/** Changes with any source. */
function keyOf(paths) {
  const hash = createHash('sha256');
  for (const path of [...paths, fileURLToPath(import.meta.url)]) {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${path}\0${mtimeMs}\0${size}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

/** Compiled modules still know where their source lies. */
const keepUrls = {
  name: 'keep-urls',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      if (!source.includes('import.meta.url')) return undefined;
      return { contents: source.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)), loader: 'ts' };
    });
  },
};

/** The runtime is compiled along: what its package exports are sources. */
const runtimeSources = {
  name: 'runtime-sources',
  setup(build) {
    const { name, exports } = JSON.parse(readFileSync(join(root, 'runtime/package.json'), 'utf8'));
    build.onResolve({ filter: new RegExp(`^${name}(/|$)`) }, ({ path }) => {
      const entry = exports[`.${path.slice(name.length)}`];
      return { path: join(root, 'runtime', entry.node ?? entry) };
    });
  },
};

/** Removes what was compiled from sources of before; a day is left to processes that run it. Another process may rename or remove at the same time. */
async function removeOld(current) {
  for (const name of readdirSync(cache)) {
    const folder = join(cache, name);
    const modifiedMs = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (folder !== current && modifiedMs < Date.now() - KEPT_MS) await rm(folder, { recursive: true, force: true });
  }
}

/** @returns folder of the compiled modules: the entry `pipeline/a/b.ts` lies there as `pipeline/a/b.js` */
async function compile() {
  const paths = sources();
  const folder = join(cache, keyOf(paths));
  if (existsSync(folder)) return folder;
  const { build } = await import('esbuild');
  await mkdir(cache, { recursive: true });
  const temporary = await mkdtemp(join(cache, 'making-'));
  await build({
    entryPoints: paths.filter(isEntry),
    outbase: root,
    outdir: temporary,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    keepNames: true,
    plugins: [runtimeSources, keepUrls],
    sourcemap: true,
    logLevel: 'error',
  });
  try {
    await rename(temporary, folder);
  } catch (error) {
    // Another process was as quick.
    await rm(temporary, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  await removeOld(folder);
  return folder;
}

/** Under this name a process tells its threads where the compiled modules lie: they then need not look at every source again. */
const FOLDER = 'folder of the compiled pipeline';

/** The folder that this process started with, else that of the present sources. */
async function folderOfProcess() {
  const known = getEnvironmentData(FOLDER);
  if (known && existsSync(known)) return known;
  const folder = await compile();
  setEnvironmentData(FOLDER, folder);
  return folder;
}

/**
 * @param sourceUrl of `cli.ts`, a `*worker.ts` or a `*-child.ts`
 * @returns URL of its compiled form
 * @throws Error if the cache can't be written
 */
export async function compiledUrl(sourceUrl) {
  const folder = await folderOfProcess();
  return pathToFileURL(join(folder, relative(root, fileURLToPath(sourceUrl)).replace(/\.ts$/, '.js'))).href;
}
