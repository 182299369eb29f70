/** The targets of `npm run deploy` that run elsewhere: an image, and manifests that name one. */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryName } from '../../support/atomic-write.ts';
import { say } from '../../support/say.ts';
import { UsageError } from '../../support/usage-error.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const NO_DOCKER = 'docker is not to be had here; install it, or take --target local, static or kubernetes';

/** Builds the Dockerfile's image. @throws where there is no docker, or the build fails */
export function buildImage(models: string, image: string, docker = 'docker'): object {
  if (models !== join(repository, 'models'))
    throw new UsageError(
      `--target docker puts ./models into the image, got ${models}; mount another: docker run -v ${models}:/app/models:ro ${image}`,
    );
  if (spawnSync(docker, ['--version']).error) throw new Error(NO_DOCKER);
  const { status } = spawnSync(docker, ['build', '--tag', image, repository], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`docker build ended with ${status}; its words stand above`);
  say(`image ${image}: docker run --rm -p 8080:8080 ${image}, or with Prometheus and Grafana docker compose --file deploy/compose.yaml up`);
  return { target: 'docker', image };
}

/** Writes the manifests of `deploy/kubernetes` with an image of its own name. */
export function writeManifests(image: string, out: string): object {
  const { name, tag } = partsOf(image);
  const staging = temporaryName(out);
  try {
    cpSync(join(repository, 'deploy/kubernetes'), staging, { recursive: true });
    const file = join(staging, 'kustomization.yaml');
    const text = readFileSync(file, 'utf8')
      .replace(/newName: .*/, `newName: ${name}`)
      .replace(/newTag: .*/, `newTag: ${JSON.stringify(tag)}`);
    writeFileSync(file, text);
    rmSync(out, { recursive: true, force: true });
    renameSync(staging, out);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    throw error;
  }
  say(`manifests in ${out}, with the image ${name}:${tag}: kubectl apply --kustomize ${out}`);
  say(
    'the image has to be where the cluster finds it; npm run deploy -- --target docker builds it. docs/operating.md says what else to set',
  );
  return { target: 'kubernetes', folder: out, image: `${name}:${tag}` };
}

/** Splits `registry:5000/team/name:tag`; a colon before a slash is a port. */
function partsOf(image: string): { name: string; tag: string } {
  const [, name, tag = 'latest'] = /^(.+?)(?::([\w.-]+))?$/.exec(image)!;
  return { name, tag };
}
