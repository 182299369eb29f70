import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { processesOf, processorMs } from './processor-time.ts';

describe.skipIf(process.platform !== 'linux')('processorMs (Linux only: /proc)', () => {
  it('counts what a child of the process has computed, and what ended children had', async () => {
    const burn = 'const s=performance.now();while(performance.now()-s<300);';
    const script = `require('node:child_process').spawnSync(process.execPath,['-e',${JSON.stringify(burn)}]);${burn}console.log('done');setInterval(()=>{},1000)`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(processesOf(child.pid!)).toEqual([child.pid]);
    // Each loop takes up to its time; on a busy machine less of it is its own.
    expect(processorMs(child.pid!)).toBeGreaterThan(50);
    child.kill();
  });
});
