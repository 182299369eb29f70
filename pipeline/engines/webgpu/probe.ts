import { fileURLToPath } from 'node:url';
import { lastLine, runCommand } from '../provision/run-command.ts';
import type { AdapterSummary } from './dawn.ts';
import { PROCESS_ENTRY } from '../../support/thread.ts';

export interface WebgpuProbe {
  ok: boolean;
  /** One line: what was computed, or why nothing was. */
  message: string;
  /** Adapter; absent if there is none. */
  adapter?: AdapterSummary;
}

/** Runs a tiny computation with known answers on the GPU, in a child process: a driver that crashes or hangs ends the child alone. */
export async function probeWebgpu(timeoutMs = 60_000): Promise<WebgpuProbe> {
  const child = fileURLToPath(new URL('./probe-child.ts', import.meta.url));
  const result = await runCommand(process.execPath, [PROCESS_ENTRY, child], { timeoutMs, env: { ...process.env, NODE_OPTIONS: '' } });
  const failed = (message: string): WebgpuProbe => ({ ok: false, message });
  if (result?.signal === 'SIGTERM') return failed(`the GPU did not answer within ${timeoutMs / 1000} s`);
  if (result?.signal) return failed(`the GPU's driver crashed (${result.signal})`);
  const answer = lastLine(result?.stdout ?? '');
  if (!answer.startsWith('{')) return failed(lastLine(result?.stderr ?? '') || `the probe of the GPU ended with status ${result?.status}`);
  return JSON.parse(answer) as WebgpuProbe;
}
