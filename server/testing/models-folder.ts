import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createFixturePackage, encodeJson, fixtureIndex, type FixtureOptions, type FixturePackage } from '@sld-edge/runtime/testing';

export interface ModelsFolder {
  dir: string;
  remove(): void;
}

/** Writes small packages and their index into a temporary folder, as the pipeline lays them out. */
export async function writeModelsFolder(...packages: FixtureOptions[]): Promise<ModelsFolder> {
  return writeFixtures(await Promise.all((packages.length > 0 ? packages : [{}]).map(createFixturePackage)));
}

/** Writes packages as they are; the index says what it would of whole ones. */
export function writeFixtures(fixtures: FixturePackage[], dir = mkdtempSync(path.join(tmpdir(), 'sld-edge-models-'))): ModelsFolder {
  for (const fixture of fixtures) {
    for (const [file, bytes] of fixture.files) {
      const target = path.join(dir, fixture.name, fixture.version, file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, bytes);
    }
  }
  writeFileSync(path.join(dir, 'index.json'), encodeJson(fixtureIndex(fixtures)));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
