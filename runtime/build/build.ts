/** `npm run build -w runtime`: compiles the library to `dist`, as it is published. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import ts from 'typescript';
import { PUBLISHED_ENTRIES, SCHEMA, WORKERS } from './entries.ts';

const runtime = dirname(dirname(fileURLToPath(import.meta.url)));

const readSource = (change: (text: string, path: string) => string): Plugin => ({
  name: 'read-source',
  setup: ({ onLoad }) => onLoad({ filter: /\.ts$/ }, ({ path }) => ({ contents: change(readFileSync(path, 'utf8'), path), loader: 'ts' })),
});

/** Addresses of workers' scripts are left to whoever loads the library: they lie beside the file that names them, under their published name. */
function withWorkerAddresses(text: string, path: string): string {
  return text.replace(/new URL\('(\.\/[\w-]+\.ts)', import\.meta\.url\)/g, (_whole, named: string) => {
    const source = relative(runtime, join(dirname(path), named));
    const worker = WORKERS.find((entry) => entry.source === source);
    if (!worker) throw new Error(`${path} names ${source}, which is not among the workers (runtime/build/entries.ts)`);
    return `new URL('./${worker.file}.js', import.meta.url)`;
  });
}

/** A worker is one file with its rare parts, as a page without a bundler would ask for each by itself. Only what needs TensorFlow.js is apart. */
function withParts(text: string): string {
  const imports: string[] = [];
  const whole = text.replace(/\bimport\('(\.[^']*)'\)/g, (kept, named: string) => {
    if (/tfjs/.test(named)) return kept;
    imports.push(`import * as part${imports.length} from '${named}';`);
    return `Promise.resolve(part${imports.length - 1})`;
  });
  return [whole, ...imports].join('\n');
}

export async function buildLibrary(): Promise<void> {
  const dist = join(runtime, 'dist');
  rmSync(dist, { recursive: true, force: true });
  const shared: BuildOptions = {
    absWorkingDir: runtime,
    outdir: dist,
    bundle: true,
    splitting: true,
    chunkNames: '[name]-[hash]',
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    external: ['node:*', 'sharp', '@tensorflow/*'],
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  };
  const compile = (entries: readonly { file: string; source: string }[], plugins: Plugin[]) =>
    build({ ...shared, plugins, entryPoints: Object.fromEntries(entries.map(({ file, source }) => [file, join(runtime, source)])) });
  // All in one folder: a chunk that names a worker's script finds it beside itself.
  await compile(Object.values(PUBLISHED_ENTRIES), [readSource(withWorkerAddresses)]);
  for (const worker of WORKERS) await compile([worker], [readSource((text, path) => withParts(withWorkerAddresses(text, path)))]);
  writeTypes(join(dist, 'types'));
  copyFileSync(join(runtime, 'package', SCHEMA), join(dist, SCHEMA));
}

function writeTypes(outDir: string): void {
  const { config } = ts.readConfigFile(join(runtime, '..', 'tsconfig.json'), ts.sys.readFile) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, runtime);
  const roots = Object.values(PUBLISHED_ENTRIES).map(({ source }) => join(runtime, source));
  const program = ts.createProgram(roots, {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: runtime,
    outDir,
  });
  const { diagnostics } = program.emit();
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
  mkdirSync(outDir, { recursive: true });
  for (const name of readdirSync(outDir, { recursive: true, encoding: 'utf8' })) {
    const file = join(outDir, name);
    if (!statSync(file).isFile()) continue;
    writeFileSync(file, readFileSync(file, 'utf8').replace(/((?:from|import\() ?['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2'));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildLibrary();
