import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'playwright/test';
import { ROOT } from './harness/server.ts';

/** Networks written for other people's runtimes, as those compute them: by the bench that times them, one turn each. */

interface Answers {
  results: { network: string; times: { subject: string; threads: number; minMs: number; logitError: number }[] }[];
}

/** Largest distance of logits from TensorFlow.js's, by their norms. */
const LARGEST_ERROR = { float32: 1e-4, int8: 0.15 };

test('LiteRT, ONNX Runtime and our kernels give the logits of the networks that were written for them', async () => {
  test.setTimeout(300_000);
  const networks = ['resnet8', 'MobileNetV2', 'ShuffleV2'];
  const args = ['--import', 'tsx', 'bench/web.ts', '--networks', networks.join(','), '--turns', '1', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  const { results } = JSON.parse(stdout) as Answers;
  expect(results.map(({ network }) => network)).toEqual(networks);
  for (const { network, times } of results) {
    for (const { subject, logitError } of times) {
      const most = LARGEST_ERROR[/tfjs|float32/.test(subject) ? 'float32' : 'int8'];
      expect(logitError, `${network} on ${subject}`).toBeLessThanOrEqual(most);
    }
    const errorOf = (name: string): number => times.find(({ subject }) => subject === name)!.logitError;
    expect(errorOf('wasm-relaxed')).toBe(errorOf('wasm'));
  }
});
