/** Test of the image's npm steps: in an empty folder, from what the Dockerfile copies, without Docker. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gradientImage } from '@sld-edge/runtime/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildServer, startBuiltServer } from '../server/testing/built-server.ts';
import { writeModelsFolder } from '../server/testing/models-folder.ts';

const root = path.join(import.meta.dirname, '..');
/** Working folders of the stage that installs, and of the image. */
const app = mkdtempSync(path.join(tmpdir(), 'sld-edge-install-'));
const image = mkdtempSync(path.join(tmpdir(), 'sld-edge-image-'));
const lines = readFileSync(path.join(root, 'Dockerfile'), 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n');

/** Instructions of a stage, by its name. */
function stage(name: string): string[] {
  const from = lines.findIndex((line) => line.endsWith(` AS ${name}`));
  const rest = lines.slice(from + 1);
  return rest.slice(
    0,
    rest.findIndex((line) => line.startsWith('FROM ')),
  );
}

/** Does what COPY and RUN say. */
function replay(instructions: string[]): void {
  for (const instruction of instructions) {
    const [word, ...rest] = instruction.split(' ');
    if (word === 'RUN') execFileSync('sh', ['-c', rest.join(' ').replace('npm cache clean --force', 'true')], { cwd: app, stdio: 'pipe' });
    if (word !== 'COPY') continue;
    const to = path.join(app, rest.at(-1)!);
    mkdirSync(to, { recursive: true });
    for (const file of rest.slice(0, -1)) cpSync(path.join(root, file), path.join(to, path.basename(file)));
  }
}

/** Copies into the image what its last stage takes from the one that installs, and the server's `package.json` from the one that builds. */
function copyInstalled(): void {
  expect(lines).toContain('COPY --from=build /app/server/package.json server/');
  mkdirSync(path.join(image, 'server'));
  cpSync(path.join(root, 'server/package.json'), path.join(image, 'server/package.json'));
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  const copied = last.flatMap((line) => /^COPY --from=dependencies \/app\/(\S+) (\S+)$/.exec(line)?.slice(1) ?? []);
  for (let i = 0; i < copied.length; i += 2) cpSync(path.join(app, copied[i]), path.join(image, copied[i + 1]), { recursive: true });
}

function installed(): string[] {
  return ['node_modules', 'server/node_modules'].flatMap((folder) => {
    const names = readdirSync(path.join(image, folder)).filter((name) => !name.startsWith('.'));
    return names.flatMap((name) =>
      name.startsWith('@') ? readdirSync(path.join(image, folder, name)).map((part) => `${name}/${part}`) : [name],
    );
  });
}

let entry: string;
beforeAll(async () => {
  replay(stage('dependencies'));
  copyInstalled();
  rmSync(app, { recursive: true });
  entry = await buildServer();
});
afterAll(() => {
  rmSync(image, { recursive: true });
  rmSync(path.dirname(entry), { recursive: true });
});

it('installs what the server needs, for this platform, and nothing of training, building or testing', () => {
  const names = installed();
  const { dependencies } = JSON.parse(readFileSync(path.join(root, 'server/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(Object.keys(dependencies).filter((name) => !names.includes(name))).toEqual([]);
  const training = /tfjs-node|tfjs-backend-webgpu|^webgpu$|node-gyp|flatbuffers|yauzl|esbuild|vite|playwright|eslint|typescript|^@types\//;
  expect(names.filter((name) => training.test(name))).toEqual([]);
  const platforms = names.filter((name) => name.startsWith('@img/sharp-')).map((name) => name.replace(/^@img\/sharp-(libvips-)?/, ''));
  expect(new Set(platforms)).toEqual(new Set([`${process.platform}-${process.arch}`]));
  const kibibytes = Number(execFileSync('du', ['-sk', path.join(image, 'node_modules')], { encoding: 'utf8' }).split('\t')[0]);
  expect(kibibytes).toBeLessThan(100 * 1024);
});

it('starts the server, and classifies', async () => {
  const dist = path.join(image, 'server/dist');
  cpSync(path.dirname(entry), dist, { recursive: true });
  const folder = await writeModelsFolder({ integer: true });
  const server = await startBuiltServer(path.join(dist, 'main.js'), { MODELS_DIR: folder.dir, WORKERS: '1' });
  const body = new Uint8Array(await gradientImage().jpeg().toBuffer());
  for (const variant of ['uint8', 'integer']) {
    const response = await fetch(`${server.url}/classify?variant=${variant}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'image/jpeg' },
    });
    expect(await response.json()).toMatchObject({ model: 'shapes', variant });
  }
  await server.stop();
  folder.remove();
});
