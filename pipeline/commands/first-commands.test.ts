/** The first commands that a newcomer with a folder of pictures types: each succeeds, or says in one line what to type. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePictureFolder } from '../testing/picture-folder.ts';
import { runCli, type CliResult } from '../testing/run-cli.ts';
import { runLineIn } from '../testing/run-line-in.ts';
import { teachersFolder } from '../teachers/teacher.ts';

const root = mkdtempSync(join(tmpdir(), 'sld-edge-first-'));
const pictures = join(root, 'emoji');
const own = (): [string, number][] => readdirSync(teachersFolder).map((name) => [name, statSync(join(teachersFolder, name)).mtimeMs]);
const tracked = own();
/** Flags that a newcomer does not type: pictures of 16 pixels, and as little time as there may be. */
const short = ['--engine', 'wasm', '--epochs', '1', '--max-drop', '100', '--variants', 'uint8'];
const cli = (...args: string[]): Promise<CliResult> => runCli(args, root, { SLD_EDGE_CACHE: join(root, 'cache') });

beforeAll(() => writePictureFolder(pictures, 16, { train: 10, test: 4 }));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('with a folder of pictures', () => {
  it('teacher trains one, named after the data, in fewer epochs than its warm-up and smaller batches than its own', async () => {
    const { status, stderr } = await cli('teacher', '--data', `folder:${pictures}`, '--image-size', '16', ...short.slice(0, 4));
    expect([status, stderr]).toEqual([0, expect.stringContaining('written to runs/teachers/resnet20.emoji.safetensors')]);
    expect(stderr).toMatch(/^batches of \d+ images: there are \d+ training images, fewer than the 128 of --batch-size$/m);
    expect(stderr).toMatch(/^next: npm run distill -- --data folder:.*emoji --image-size 16 --teacher resnet20\.emoji$/m);
    expect(own()).toEqual(tracked);
  });

  it('distill finds that teacher by its data, and the path needs no "folder:"', async () => {
    const { status, stderr } = await cli('distill', '--data', pictures, '--image-size', '16', ...short);
    expect([status, stderr]).toEqual([0, expect.stringContaining('teacher resnet20.emoji: top-1 validation')]);
    expect(stderr).toMatch(/^done in .*: models\/emoji\//m);
  });

  it('distill --method ce learns without a teacher, as the README says', async () => {
    const { status, stderr } = await cli(
      'distill',
      '--data',
      pictures,
      '--image-size',
      '16',
      '--method',
      'ce',
      '--name',
      'labels',
      ...short,
    );
    expect([status, stderr]).toEqual([0, expect.stringMatching(/^done in .*: models\/labels\//m)]);
    expect(readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8')).toContain('`--method ce`');
  });

  it.for<[what: string, args: string[], message: RegExp]>([
    ['a network in other letters', ['--student', 'mobilenetv2'], /^error: --student expects one of .*; did you mean MobileNetV2\?$/],
    [
      'no teacher',
      ['--teacher', 'none'],
      /^error: no teacher "none"; --method ce learns from the labels alone, without a teacher; allowed: a path to a .*, or one of resnet20\.emoji, /,
    ],
    [
      'a teacher of other classes',
      ['--teacher', 'resnet20.fashion-mnist'],
      /^error: the labels of teacher .* are not those of emoji: .*: npm run teacher -- --from \S*resnet20\.fashion-mnist\.safetensors, with the same --data, gives it a head for these classes$/,
    ],
  ])('distill says in one line what to type in place of %s', async ([, args, message]) => {
    const { status, stderr } = await runLineIn(root, ['distill', '--data', pictures, '--image-size', '16', ...args]);
    expect(status).toBeGreaterThan(0);
    const errors = stderr
      .trimEnd()
      .split('\n')
      .filter((line) => /^error:|^\s+at /.test(line));
    expect(errors).toEqual([expect.stringMatching(message)]);
  });

  it('teacher --help states the preset that it uses, and its epochs', async () => {
    const { stdout } = await runLineIn(root, ['teacher', '--help']);
    expect(stdout).toMatch(/^ {2}--preset .*\(default teacher\)$/m);
    expect(stdout).toMatch(/^ {2}--epochs .*\(default 20\)$/m);
  });
});
