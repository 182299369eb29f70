import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { buildImage, writeManifests } from './container.ts';

const dir = mkdtempSync(join(tmpdir(), 'sld-edge-deploy-'));
afterAll(() => rmSync(dir, { recursive: true }));

it.each([
  ['registry.example:5000/team/shapes:1.2', 'registry.example:5000/team/shapes', '1.2'],
  ['registry.example:5000/team/shapes', 'registry.example:5000/team/shapes', 'latest'],
  ['shapes', 'shapes', 'latest'],
])('writes manifests with the image %s', (image, name, tag) => {
  const out = join(dir, 'kubernetes');
  expect(writeManifests(image, out)).toEqual({ target: 'kubernetes', folder: out, image: `${name}:${tag}` });
  expect(readFileSync(join(out, 'kustomization.yaml'), 'utf8')).toContain(`newName: ${name}\n    newTag: "${tag}"\n`);
  expect(readdirSync(out)).toEqual(readdirSync(resolve(import.meta.dirname, '../../../deploy/kubernetes')));
  expect(readdirSync(dir)).toEqual(['kubernetes']);
});

it('says that docker is missing, and that it packs no other folder of models', () => {
  const models = resolve(import.meta.dirname, '../../../models');
  expect(() => buildImage(models, 'shapes', join(dir, 'no-docker'))).toThrow(
    'docker is not to be had here; install it, or take --target local',
  );
  expect(() => buildImage('/elsewhere', 'shapes')).toThrow('mount another: docker run -v /elsewhere:/app/models:ro shapes');
});
