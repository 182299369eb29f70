import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isGraphVariant, type FileEntry, type Goldens, type Manifest, type ModelIndex, type VariantName } from '@sld-edge/runtime';
import { createFixturePackage, fixtureIndex } from '@sld-edge/runtime/testing';
import sharp from 'sharp';
import { ROOT } from './server.ts';

/** Name of the repository's package that the tests ask: a small one, which a software GPU answers in time. */
const ASKED = 'fashion-mnist';

/** The packages of the repository as they are shipped. */
export const SHIPPED = path.join(ROOT, 'models');

/** The packages that the tests serve: one of the repository's, or a small made one if there is none. */
export interface Packages {
  dir: string;
  index: ModelIndex;
  manifest: Manifest;
  /** False for the made one, whose answers mean nothing. */
  real: boolean;
}

export async function findPackages(scratch: string): Promise<Packages> {
  const given = process.env.E2E_MODELS_DIR;
  if (given) return { dir: given, real: true, ...readPackages(given) };
  const copy = path.join(scratch, 'models');
  const real = copyShipped(copy);
  const dir = real ? copy : await writeFixture(path.join(scratch, 'fixture-models'));
  return { dir, real, ...readPackages(dir) };
}

/** Copies the package that the tests ask, alone. @returns false if the repository has none */
function copyShipped(dir: string): boolean {
  const file = path.join(SHIPPED, 'index.json');
  if (!existsSync(file)) return false;
  const index = JSON.parse(readFileSync(file, 'utf8')) as ModelIndex;
  const packages = index.packages.filter(({ name }) => name === ASKED).slice(-1);
  if (packages.length === 0) return false;
  const { dir: folder } = path.parse(packages[0].manifest.path);
  cpSync(path.join(SHIPPED, folder), path.join(dir, folder), { recursive: true });
  write(path.join(dir, 'index.json'), JSON.stringify({ ...index, default: ASKED, packages }));
  return true;
}

function readPackages(dir: string): Pick<Packages, 'index' | 'manifest'> {
  const index = JSON.parse(readFileSync(path.join(dir, 'index.json'), 'utf8')) as ModelIndex;
  const entry = index.packages.findLast(({ name }) => name === index.default)!;
  return { index, manifest: JSON.parse(readFileSync(path.join(dir, entry.manifest.path), 'utf8')) as Manifest };
}

/** A package of the runtime's own tests, with sample images. */
async function writeFixture(dir: string): Promise<string> {
  const samples = await Promise.all(
    ['a light square', 'a dark square'].map(async (label, i) => {
      const bytes = await sharp({ create: { width: 28, height: 28, channels: 3, background: i ? '#222' : '#ddd' } })
        .png()
        .toBuffer();
      return { bytes, sample: { file: entryOf(`samples/${i}.png`, bytes), label } };
    }),
  );
  const pkg = await createFixturePackage({
    integer: true,
    changeManifest: (manifest) =>
      Object.assign(manifest, { defaultVariant: 'integer', samples: samples.map(({ sample }) => sample) } satisfies Partial<Manifest>),
  });
  for (const { bytes, sample } of samples) pkg.files.set(sample.file.path, bytes);
  for (const [file, bytes] of pkg.files) write(path.join(dir, pkg.name, pkg.version, file), bytes);
  write(path.join(dir, 'index.json'), JSON.stringify(fixtureIndex([pkg])));
  return dir;
}

/** A copy of the default package alone, to be changed by a test. */
export interface PackageCopy {
  dir: string;
  manifest: Manifest;
  /** Absolute path of a file of the package. */
  file(name: string): string;
  /** Writes changed goldens with right hashes: an intact package that says something else. */
  changeGoldens(change: (goldens: Goldens) => void): void;
  /** The same of what graph models must give: logits, each with its index in `[count][classes]`. */
  changeGoldenLogits(change: (logit: number, index: number) => number): void;
  /** Gives the package another version, as a newer build of the same model has one. */
  changeVersion(version: string): void;
  remove(): void;
}

export function copyPackage({ dir: from, index }: Packages): PackageCopy {
  const dir = mkdtempSync(path.join(tmpdir(), 'sld-edge-models-'));
  const entry = structuredClone(index.packages.findLast(({ name }) => name === index.default)!);
  let folder = path.join(dir, path.dirname(entry.manifest.path));
  cpSync(path.join(from, path.dirname(entry.manifest.path)), folder, { recursive: true });
  const manifest = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as Manifest;

  const writeManifest = (): void => {
    const bytes = Buffer.from(JSON.stringify(manifest));
    write(path.join(folder, 'manifest.json'), bytes);
    entry.manifest = entryOf(`${manifest.name}/${manifest.version}/manifest.json`, bytes);
    entry.version = manifest.version;
    write(path.join(dir, 'index.json'), JSON.stringify({ ...index, packages: [entry] }));
  };
  writeManifest();

  return {
    dir,
    manifest,
    file: (name) => path.join(folder, name),
    changeGoldens(change) {
      const file = path.join(folder, manifest.goldens.index.path);
      const goldens = JSON.parse(readFileSync(file, 'utf8')) as Goldens;
      change(goldens);
      const bytes = Buffer.from(JSON.stringify(goldens));
      write(file, bytes);
      manifest.goldens.index = entryOf(manifest.goldens.index.path, bytes);
      writeManifest();
    },
    changeGoldenLogits(change) {
      const { logits } = manifest.goldens;
      for (const [variant, entry] of Object.entries(logits!) as [VariantName, FileEntry][]) {
        if (!isGraphVariant(variant)) continue;
        const bytes = readFileSync(path.join(folder, entry.path));
        for (let i = 0; i < bytes.length / 4; i++) bytes.writeFloatLE(change(bytes.readFloatLE(4 * i), i), 4 * i);
        write(path.join(folder, entry.path), bytes);
        logits![variant] = entryOf(entry.path, bytes);
      }
      writeManifest();
    },
    changeVersion(version) {
      const before = folder;
      folder = path.join(dir, manifest.name, version);
      cpSync(before, folder, { recursive: true });
      manifest.version = version;
      writeManifest();
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function entryOf(name: string, bytes: Uint8Array): FileEntry {
  return { path: name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}
