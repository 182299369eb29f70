/** Benches and checks, as npm starts them. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: Record<string, string> };
const benches = Object.entries(scripts).filter(([name, script]) => /^tsx (bench|dev)\//.test(script) && name !== 'docs:settings');

it.each(benches)('%s answers an unknown flag with one line that says where its flags are listed', async (name, script) => {
  const file = script.replace(/^tsx /, '');
  const { status, stderr } = await new Promise<{ status: unknown; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), file, '--ouch'],
      { cwd: root, env: { ...process.env, SLD_EDGE_DEBUG: '' } },
      (error, _stdout, stderr) => resolve({ status: error?.code, stderr }),
    );
  });
  expect(stderr).toMatch(new RegExp(`^error: ${name} has no flag --ouch; npm run ${name} -- --help all lists its flags\n$`));
  expect(status).toBe(2);
});
