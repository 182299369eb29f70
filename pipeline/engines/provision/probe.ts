import { fileURLToPath } from 'node:url';
import { lastLine, runCommand } from './run-command.ts';
import { PROCESS_ENTRY } from '../../support/thread.ts';

export interface ProbeResult {
  ok: boolean;
  /** One line: what was computed, or how the child process ended. */
  message: string;
  /** True if TensorFlow found a GPU that it can use. */
  usesGpu: boolean;
  tensorflowVersion: string;
}

/**
 * Runs a tiny computation with known answers on the engine, in a child process: an illegal instruction, a missing
 * symbol or a hang there ends the child and not the run.
 */
export async function probeEngine({ bindingPath }: { bindingPath: string }, timeoutMs = 60_000): Promise<ProbeResult> {
  const child = fileURLToPath(new URL('./probe-child.ts', import.meta.url));
  const args = [PROCESS_ENTRY, child, bindingPath];
  const result = await runCommand(process.execPath, args, { timeoutMs, env: { ...process.env, NODE_OPTIONS: '' } });
  const failed = (message: string): ProbeResult => ({ ok: false, message, usesGpu: false, tensorflowVersion: '' });
  if (result?.signal === 'SIGILL') return failed('this processor lacks instructions that TensorFlow was compiled for (AVX)');
  if (result?.signal === 'SIGTERM') return failed(`TensorFlow did not answer within ${timeoutMs / 1000} s`);
  if (result?.signal) return failed(`TensorFlow crashed (${result.signal})`);
  if (result?.status !== 0) return failed(errorLine(result?.stderr ?? '') || `the probe ended with status ${result?.status}`);
  return JSON.parse(lastLine(result.stdout)) as ProbeResult;
}

function errorLine(stderr: string): string {
  return /^(?:\w*Error: .*)$/m.exec(stderr)?.[0] ?? lastLine(stderr);
}
