/** No command writes over what git tracks: each in a checkout of its own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runLineIn } from '../testing/run-line-in.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const KEPT = ['teachers/mine.safetensors', 'results/report.html', 'site/index.html', 'images/index.json'];

function checkout(onTestFinished: Parameters<typeof temporaryFolder>[0]): string {
  const folder = temporaryFolder(onTestFinished);
  const git = (...args: string[]): void => void execFileSync('git', args, { cwd: folder, stdio: 'ignore' });
  git('init');
  for (const name of KEPT) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), 'kept');
  }
  mkdirSync(join(folder, 'models'));
  writeFileSync(join(folder, 'models/index.json'), '{}');
  git('add', ...KEPT);
  return folder;
}

describe('without --force', () => {
  it.for<[what: string, args: string[], message: RegExp]>([
    [
      'teacher --out',
      ['teacher', '--out', 'teachers/mine.safetensors'],
      /^error: git tracks teachers\/mine\.safetensors: it is not written over; name another place, or add --force$/,
    ],
    [
      'compare --out',
      ['compare', '--methods', 'ce', '--out', 'results'],
      /^error: results holds files that git tracks \(results\/report\.html\): it is not written over; /,
    ],
    ['compare --report-only', ['compare', '--report-only', '--out', 'results'], /^error: results holds files that git tracks /],
    ['deploy --target static', ['deploy', '--target', 'static', '--out', 'site'], /^error: site holds files that git tracks /],
    ['quantize --out', ['quantize', '--model', 'x', '--out', 'results'], /^error: results holds files that git tracks /],
    ['quantize --report', ['quantize', '--model', 'x', '--report', 'results/report.html'], /^error: git tracks results\/report\.html: /],
    ['export-images', ['export-images', '--out', 'images'], /^error: images holds files that git tracks /],
  ])('%s refuses', async ([, args, message], { onTestFinished }) => {
    const cwd = checkout(onTestFinished);
    const { status, stderr } = await runLineIn(cwd, args);
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(message)]);
    expect(status).toBe(2);
    for (const name of KEPT) expect(readFileSync(join(cwd, name), 'utf8')).toBe('kept');
  });

  it('the repository’s own teacher stays: one that is trained goes to runs/teachers', async ({ onTestFinished }) => {
    const { stderr } = await runLineIn(temporaryFolder(onTestFinished), [
      'teacher',
      '--engine',
      'wasm',
      '--train-limit',
      '20',
      '--epochs',
      '1',
      '--data',
      'fashion-mnist:nowhere',
    ]);
    expect(stderr).toMatch(
      /^the repository's own teacher resnet20\.fashion-mnist stays as it is: this one goes to runs\/teachers\/resnet20\.fashion-mnist\.safetensors; --force replaces it$/m,
    );
    const forced = await runLineIn(temporaryFolder(onTestFinished), ['teacher', '--force', '--data', 'fashion-mnist:nowhere']);
    expect(forced.stderr).toMatch(/^this replaces the repository's own teacher resnet20\.fashion-mnist \(--force\)$/m);
  });
});
