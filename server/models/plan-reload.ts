import type { ModelIndex } from '@sld-edge/runtime';
import { createCatalogue, verifyPackages, type CataloguedPackage, type ModelCatalogue, type RefusedPackage } from './catalogue.ts';

/** Computes the goldens of packages. @returns those that miss them or cannot be computed */
export type Probe = (packages: CataloguedPackage[]) => Promise<readonly RefusedPackage[]>;

interface Named {
  name: string;
  version: string;
}

/**
 * Decides what is served after an index was written again. Packages that are new are verified and their goldens computed. Where every listed
 * package of a name is bad, the served ones of that name stay.
 *
 * @throws AppError of a package that is served, has to stay, and is not whole any more
 */
export async function planReload(before: ModelCatalogue, index: ModelIndex, modelsDir: string, probe: Probe): Promise<ModelCatalogue> {
  const listed = await verifyPackages(modelsDir, index.packages);
  const fresh = listed.packages.filter((candidate) => !has(before.packages, candidate.manifest));
  const missed = fresh.length === 0 ? [] : await probe(fresh);
  const good = listed.packages.filter(({ manifest }) => !missed.some((bad) => isSame(bad, manifest)));
  const refused = [...listed.refused, ...missed];

  const lost = refused.find((bad) => has(before.packages, bad));
  if (lost) throw lost.error;
  const namesOfBad = refused.map(({ name }) => name).filter((name) => !good.some(({ manifest }) => manifest.name === name));
  const kept = await verifyPackages(
    modelsDir,
    before.index.packages.filter(({ name }) => namesOfBad.includes(name)),
  );
  if (kept.refused.length > 0) throw kept.refused[0].error;
  const entries = [...before.index.packages, ...index.packages];
  const packages = [...kept.packages, ...good];
  const offered = packages.map(({ manifest }) => entries.findLast((entry) => isSame(entry, manifest))!);
  const names = offered.map(({ name }) => name);
  // A bad package does not take the default's place either.
  const usable = names.includes(index.default) || !names.includes(before.index.default) ? index.default : before.index.default;
  return createCatalogue({ ...index, default: usable, packages: offered }, packages, refused);
}

const isSame = (one: Named, other: Named): boolean => one.name === other.name && one.version === other.version;
const has = (packages: readonly CataloguedPackage[], wanted: Named): boolean => packages.some(({ manifest }) => isSame(manifest, wanted));

/** Tells whether two catalogues offer the same packages. */
export function offersTheSame(one: ModelCatalogue, other: ModelCatalogue): boolean {
  return one.packages.length === other.packages.length && one.packages.every(({ manifest }) => has(other.packages, manifest));
}

