/** `npm run deploy`: checks the packages, builds server and web client, and serves them, or lays out a static site. */
import { cpSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackages } from '../packaging/check/check-models-folder.ts';
import { temporaryName } from '../support/atomic-write.ts';
import type { Line } from '../configuration/command-line.ts';
import { modelsSetting } from '../packaging/settings.ts';
import { say } from '../support/say.ts';
import type { SettingTable } from '../support/setting.ts';
import { forceSetting, refuseTracked } from '../support/tracked-files.ts';
import { oneName, path, text } from '../support/value.ts';
import { buildImage, writeManifests } from './deploy/container.ts';
import { npmRun, runServer } from './serve.ts';

export const summary =
  'Checks every file of the packages, then builds web client and server and serves them (local), or writes a folder for any web host (static), builds an image (docker), or writes manifests (kubernetes).';

export const settings = {
  target: {
    ...oneName('local', ['local', 'static', 'docker', 'kubernetes']),
    help: 'local: serve here (PORT, 8080 where it is not set); static: write a folder; docker: build the image; kubernetes: write manifests',
    group: 'run',
    decides: 'nothing',
  },
  out: {
    ...path('dist/TARGET'),
    help: 'the folder that --target static or kubernetes writes',
    group: 'run',
    decides: 'nothing',
    unused: ({ target }) => (target === 'static' || target === 'kubernetes' ? undefined : `--target is ${target as string}`),
  },
  image: {
    ...text('sld-edge', 'a name, with a tag or without', /^[a-z\d][\w./:-]*$/),
    help: 'the name of the image: what --target docker builds, and --target kubernetes runs',
    group: 'run',
    decides: 'nothing',
    unused: ({ target }) => (target === 'docker' || target === 'kubernetes' ? undefined : `--target is ${target as string}`),
  },
  ...modelsSetting,
  ...forceSetting,
} as const satisfies SettingTable;

const repository = fileURLToPath(new URL('../..', import.meta.url));

export async function run({ values }: Line<typeof settings>): Promise<object> {
  const { target } = values;
  const models = resolve(values.models);
  const out = values.out.replace('TARGET', target);
  if (target === 'static' || target === 'kubernetes') refuseTracked(out, values.force);
  if (!existsSync(join(models, 'index.json'))) throw new Error(`no packages in ${models}; npm run distill makes one`);
  const { index, manifests, files, bytes } = await checkPackages(models);
  say(
    `packages: ${manifests.map(({ name, version }) => `${name}@${version}`).join(', ')}; ${files} files, ${bytes.toLocaleString('en')} bytes, all as their manifests say`,
  );
  const opened = manifests.findLast(({ name }) => name === index.default)!;
  const others = [...new Set(manifests.map(({ name }) => name))].filter((name) => name !== opened.name);
  say(
    `${opened.name} opens (${opened.title})${others.length > 0 ? `; by name answer ${others.map((name) => `/?model=${name}`).join(', ')}` : ''}`,
  );
  if (opened.quick) say('warning: the default package comes from a quick run; its answers are no result');
  if (target === 'docker') return buildImage(models, values.image);
  if (target === 'kubernetes') return writeManifests(values.image, resolve(out));
  npmRun('building web-client', 'build', '--workspace', 'web-client');
  if (target === 'static') return writeStatic(models, resolve(out));
  npmRun('building server', 'build', '--workspace', 'server');
  return serve(models);
}

/** Copies only what the index and the manifests name, verifying it on the way; the compressed copies beside it are for hosts that send them. */
async function writeStatic(models: string, out: string): Promise<object> {
  const staging = temporaryName(out);
  try {
    cpSync(join(repository, 'web-client/dist'), staging, { recursive: true, filter: (source) => !lstatSync(source).isSymbolicLink() });
    await checkPackages(models, (path, bytes) => {
      const copy = join(staging, 'models', path);
      mkdirSync(dirname(copy), { recursive: true });
      writeFileSync(copy, bytes);
    });
    npmRun('compressing the packages', 'compress', '--workspace', 'web-client', '--', join(staging, 'models'));
    rmSync(out, { recursive: true, force: true });
    renameSync(staging, out);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    throw error;
  }
  say(`static site in ${out}: copy it to any host that serves HTTPS`);
  return { target: 'static', folder: out };
}

async function serve(models: string): Promise<object> {
  const port = process.env.PORT || '8080';
  say(`serving on http://localhost:${port} (Ctrl-C stops)`);
  const ended = await runServer({ PORT: port, MODELS_DIR: models, CLIENT_DIR: join(repository, 'web-client/dist') }, []);
  return { target: 'local', ...ended };
}
