import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * A folder of its own for the running test, gone when the test is.
 * @param whenFinished a concurrent test hands in its context's: the global one knows only tests that run one by one
 */
export function temporaryFolder(whenFinished: typeof onTestFinished = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'sld-edge-test-'));
  whenFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
