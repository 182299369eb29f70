/** Entries of the published library: what is called how, and which source it is made of. Fixtures of tests are not published. */

interface PublishedEntry {
  /** Module below `runtime/`. */
  source: string;
  /** Name of its file in `dist`. */
  file: string;
}

/** By the name in `exports`; `.` differs in Node. */
export const PUBLISHED_ENTRIES: Record<string, PublishedEntry> = {
  '.': { source: 'browser/index.ts', file: 'index' },
  './node': { source: 'node/index.ts', file: 'node' },
  './element': { source: 'element/index.ts', file: 'element' },
  './transfer': { source: 'transfer/index.ts', file: 'transfer' },
  './integer': { source: 'integer/index.ts', file: 'integer' },
  './format': { source: 'package/index.ts', file: 'format' },
};

/** Scripts that workers run, started by their address and not imported. */
export const WORKERS: readonly PublishedEntry[] = [
  { source: 'browser/worker.ts', file: 'worker' },
  { source: 'browser/kernel-worker.ts', file: 'kernel-worker' },
  { source: 'node/kernel-worker.ts', file: 'node-kernel-worker' },
];

export const SCHEMA = 'manifest.schema.json';

export type NpmManifest = Record<string, unknown> & { exports: Record<string, unknown>; sideEffects: unknown };

/** Makes the published form of the workspace's `package.json`, whose entries are sources. */
export function publishedManifest({ scripts: _scripts, devDependencies: _tools, ...manifest }: NpmManifest): NpmManifest {
  const compiled = ({ source, file }: PublishedEntry) => ({
    types: `./dist/types/${source.replace(/\.ts$/, '.d.ts')}`,
    default: `./dist/${file}.js`,
  });
  const entries = Object.entries(PUBLISHED_ENTRIES).map(([name, entry]) => [
    name,
    name === '.' ? { node: compiled(PUBLISHED_ENTRIES['./node']), ...compiled(entry) } : compiled(entry),
  ]);
  const withEffects = [...WORKERS.map(({ file }) => file), 'element'].map((file) => `./dist/${file}.js`);
  return { ...manifest, exports: { ...Object.fromEntries(entries), [`./${SCHEMA}`]: `./dist/${SCHEMA}` }, sideEffects: withEffects };
}
