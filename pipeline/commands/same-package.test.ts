/** Two runs of the same settings, seed and engine leave the same packages, byte for byte, whatever machine, folder or hour they ran in. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeCifarFolder } from '../testing/cifar-folder.ts';
import { runCli } from '../testing/run-cli.ts';

const root = mkdtempSync(join(tmpdir(), 'sld-edge-same-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const common = [
  '--validation-count',
  '10',
  '--batch-size',
  '20',
  '--seed',
  '7',
  '--epochs',
  '1',
  '--warmup-epochs',
  '0',
  '--engine',
  'wasm',
];

async function run(args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  // Without a repository the commit is unknown to both: a test must not depend on whether somebody commits meanwhile.
  const { status, stderr } = await runCli(args, cwd, { GIT_DIR: join(root, 'none'), ...env });
  expect(status, stderr).toBe(0);
}

/** Every file of the packages of two runs, by path. */
let one: Map<string, string>;
let two: Map<string, string>;

beforeAll(async () => {
  writeCifarFolder(join(root, 'images'), { train: 50, test: 30 });
  await run(['teacher', ...common, '--data', 'cifar10:images', '--student', 'resnet8', '--out', 'teacher.safetensors'], root);
  [one, two] = await Promise.all([
    packagesOf('one', [], { TZ: 'Asia/Tokyo', LANG: 'C' }),
    packagesOf('two', ['--workers', '2'], { TZ: 'America/New_York', LANG: 'de_DE.UTF-8' }),
  ]);
});

/** A distillation in a folder of its own, with its own copy of the images and of the teacher. @returns every file of its packages by path */
async function packagesOf(name: string, more: string[], env: NodeJS.ProcessEnv): Promise<Map<string, string>> {
  const cwd = join(root, name);
  mkdirSync(cwd);
  cpSync(join(root, 'images'), join(cwd, `images of ${name}`), { recursive: true });
  mkdirSync(join(cwd, `teachers of ${name}`));
  cpSync(join(root, 'teacher.safetensors'), join(cwd, `teachers of ${name}`, 'teacher.safetensors'));
  const own = [
    '--data',
    `cifar10:images of ${name}`,
    '--teacher',
    join(`teachers of ${name}`, 'teacher.safetensors'),
    '--models',
    `packages of ${name}`,
  ];
  await run(['distill', ...common, '--max-drop', '100', '--name', 'tiny', ...own, ...more], cwd, env);
  const folder = join(cwd, `packages of ${name}`);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.sort().map((path) => [relative(folder, path), readFileSync(path, 'base64')]));
}

it('are made in folders of other names, by other numbers of threads, under other clocks and languages', () => {
  expect([...two.keys()]).toEqual([...one.keys()]);
  expect(one.size).toBeGreaterThan(15);
  for (const [path, bytes] of one) expect(two.get(path), path).toBe(bytes);
});
