import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestServer } from '../server/testing/test-server.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const PACKAGE = 'models/fashion-mnist/46b45e4aa5f1';
const BOOT = `${PACKAGE}/samples/09-ankle-boot.png`;

/** Returns what an example prints. */
async function printed(example: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', `examples/${example}.ts`, ...args], { cwd: root });
  return stdout;
}

describe('examples', () => {
  it('classify.ts names the boot', async () => {
    expect(await printed('classify', PACKAGE, BOOT)).toMatch(/^ 99\.\d\d % {2}Ankle boot\n/);
  });

  it('agreement.ts counts golden images', async () => {
    expect(await printed('agreement', PACKAGE, 'float32', 'uint8')).toMatch(/^float32 and uint8 agree on \d+ of \d+ golden images\n$/);
  });

  it('ask-server.ts prints answers and refusals', async () => {
    const server = await startTestServer(`${root}/models`);
    onTestFinished(() => server.close());
    const lines = (await printed('ask-server', `${server.url}?model=fashion-mnist`, BOOT, 'README.md')).trim().split('\n');
    expect(lines[0]).toMatch(/09-ankle-boot\.png: Ankle boot \(fashion-mnist, integer on wasm\)$/);
    expect(lines[1]).toMatch(/^README\.md: IMAGE_NOT_RECOGNISED, /);
  });
});
