import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const unit = (...skipped) => ({
  numPassedTests: 5,
  numFailedTests: 0,
  numPendingTests: skipped.length,
  numTodoTests: 0,
  testResults: [
    {
      assertionResults: [
        { status: 'passed', fullName: 'runs', meta: {} },
        ...skipped.map((test) => ({ status: 'skipped', meta: {}, ...test })),
      ],
    },
  ],
});
const browser = (...reasons) => ({
  stats: { expected: 2, unexpected: 0, flaky: 0, skipped: reasons.length },
  suites: [
    {
      specs: [],
      suites: [
        {
          specs: reasons.map((description) => ({
            title: 'in the page',
            tests: [{ status: 'skipped', annotations: [{ type: 'skip', description }], results: [] }],
          })),
        },
      ],
    },
  ],
});

function run(reports) {
  const folder = mkdtempSync(join(tmpdir(), 'summary-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { extra = [], ...runners } = reports;
  for (const [name, report] of Object.entries(runners)) writeFileSync(join(folder, `${name}.json`), JSON.stringify(report));
  writeFileSync(join(folder, 'extra.jsonl'), extra.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const { status, stdout } = spawnSync(process.execPath, [new URL('./summary.mjs', import.meta.url).pathname, folder], {
    encoding: 'utf8',
  });
  return { status, lines: stdout.trimEnd().split('\n') };
}

it('counts what lies in .ci/extra, and fails for one that failed or was skipped for a reason of its own', () => {
  const extra = [
    { name: 'a.sh', status: 'passed' },
    { name: 'slurm.sh', status: 'skipped', reason: "Slurm can't be installed: this user is not root" },
  ];
  expect(run({ unit: unit(), e2e: browser(), extra })).toEqual({
    status: 0,
    lines: ['8 passed, 0 failed, 1 skipped (1 of Slurm: run as root on Debian)'],
  });
  const failed = run({ unit: unit(), e2e: browser(), extra: [{ name: 'b.sh', status: 'failed' }] });
  expect(failed).toEqual({ status: 1, lines: ['failed: b.sh', '7 passed, 1 failed, 0 skipped'] });
  expect(run({ unit: unit(), e2e: browser(), extra: [{ name: 'c.sh', status: 'skipped', reason: 'no mood' }] }).status).toBe(1);
});

it('counts both runners, and says what was skipped and what to type', () => {
  const webgpu = { fullName: 'losses on webgpu [skipped: WebGPU finds no adapter] are right' };
  const disk = { fullName: 'a full disk', meta: { skipped: 'no small file system can be mounted here' } };
  expect(run({ unit: unit(webgpu, webgpu, disk), e2e: browser('the package has no integer variant') })).toEqual({
    status: 0,
    lines: [
      '7 passed, 0 failed, 4 skipped (2 of WebGPU: apt-get install libvulkan1 chromium; 1 of full disks: run as root; 1 of packages without an integer variant: npm run distill)',
    ],
  });
});

it.each([
  ['a unit test without a reason', { unit: unit({ fullName: 'quietly' }), e2e: browser() }, 'skipped without a reason: quietly'],
  [
    'a unit test with another reason',
    { unit: unit({ fullName: 'lazily (skipped: no time)' }), e2e: browser() },
    'skipped for a reason that .ci/allowed-skips.json does not hold (no time): lazily (skipped: no time)',
  ],
  [
    'a browser test with another reason',
    { unit: unit(), e2e: browser('flaky') },
    'skipped for a reason that .ci/allowed-skips.json does not hold (flaky): in the page',
  ],
  ['a missing report', { unit: unit() }, 'the browser tests left no report: they did not run to their end'],
  ['a failed test', { unit: { ...unit(), numFailedTests: 1 }, e2e: browser() }, '7 passed, 1 failed, 0 skipped'],
])('fails for %s', (_, reports, line) => {
  const { status, lines } = run(reports);
  expect(status).toBe(1);
  expect(lines).toContain(line);
});
