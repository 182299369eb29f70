import { expect, it } from 'vitest';
import { startEngine } from '../../pipeline/engines/start-engine.ts';
import { trainableCount } from '../../pipeline/networks/state.ts';
import { temporaryFolder } from '../../pipeline/testing/temporary-folder.ts';
import type { Peer } from '../pytorch/peer.ts';
import { cases, effortOf, USUAL_EFFORT, type TrainingCase } from './cases.ts';
import { compareCase } from './compare-case.ts';
import { createFeatureSide, createOurSide, type OurSide } from './our-side.ts';
import { comparisonTable } from './report.ts';
import { makeSample } from './sample.ts';

const tiny: TrainingCase = { name: 'tiny', student: 'resnet8', input: { height: 8, width: 8, channels: 3 }, classes: 3, batchSize: 4 };
const least = { blocks: 1, steps: 1, profileSteps: 0, realSteps: 0, realTurns: 1 };

/** Stands in for PyTorch: our own side, whose steps are said to take 4, 8, 4, 8, … ms. */
function peerOf(side: OurSide, parameters: number): Peer {
  return {
    description: { torch: '', python: '', threads: 1, onednn: true, capability: '', compiled: false },
    open: () => Promise.resolve({ parameters }),
    async steps(count, learningRate) {
      const losses = [];
      for (let i = 0; i < count; i++) losses.push(await side.step(learningRate));
      return { losses, ms: losses.map((_, i) => (i % 2 === 0 ? 4 : 8)) };
    },
    cpuSeconds: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  };
}

it.each([
  ['a training step', tiny],
  ['features', { ...tiny, name: 'tiny-features', features: true as const }],
])('%s is timed in turns with the peer, after the same losses on both sides', async (_what, measured) => {
  const engine = await startEngine('wasm');
  const sample = makeSample(measured);
  const side = measured.features
    ? createFeatureSide(engine, sample)
    : createOurSide(engine, sample, { momentum: 0.9, weightDecay: 5e-4, nesterov: false });
  const peer = peerOf(side, trainableCount(sample.network));
  const result = await compareCase(engine, peer, measured, least, 1, temporaryFolder(), () => {});
  expect(result.agreement.error).toBe(0);
  // The first step of a turn does not count.
  expect(result.pytorchMs).toEqual({ least: 8, median: 8, low: 8, high: 8 });
  expect(result.pytorchImagesPerSecond).toBe(500);
  expect(result.oursMs.least).toBeGreaterThan(0);
  expect(comparisonTable([result], true)).toContain('8.0 (8.0…8.0), 8.0');
  side.dispose();
});

it('a case of photographs has few steps, and flags win', () => {
  const [photographs, cifar] = ['fine-tuning-224', 'resnet20'].map((name) => cases.find((one) => one.name === name)!);
  expect(effortOf(cifar, {})).toEqual(USUAL_EFFORT);
  expect(effortOf(photographs, { blocks: undefined })).toEqual(photographs.effort);
  expect(effortOf(photographs, { blocks: 1 })).toEqual({ ...photographs.effort, blocks: 1 });
});
