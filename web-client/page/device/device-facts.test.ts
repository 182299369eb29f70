import type { ClassifierReport } from '@sld-edge/runtime';
import { expect, it } from 'vitest';
import { engineFacts, faultReport } from './device-facts.ts';

const status = {
  model: 'm',
  version: '1',
  title: 'A model',
  variant: 'integer',
  labels: Array.from({ length: 102 }, (_, i) => `c${i}`),
  backendDescription: 'kernels in WebAssembly',
  rejected: [{ backend: 'webgpu', reason: 'no adapter' }],
  goldenError: 0,
  adapter: null,
  threads: 1,
  crossOriginIsolated: true,
  canvasNoise: false,
  startMs: 12,
} as unknown as ClassifierReport;

it('tells each backend that is not used, and why; of many classes their number', () => {
  const facts = new Map(engineFacts(status));
  expect(facts.get('Backends not used')).toEqual(['WebGPU, integers: no adapter']);
  expect(facts.get('Golden outputs')).toBe('reproduced, every integer equal');
  expect(facts.get('Classes')).toMatch(/, c99 and 2 more$/);
  expect(new Map(engineFacts({ ...status, rejected: [] })).get('Backends not used')).toBe('none: the first one tried works');
  expect(engineFacts(null)).toEqual([]);
});

it('reports what is shown, with the build and the browser', () => {
  expect(
    faultReport(
      [
        ['A', 'b'],
        ['C', ['d', 'e']],
      ],
      'abc',
      'Agent 1',
      'https://h/?model=m',
    ),
  ).toBe('Page: https://h/?model=m (abc)\nBrowser: Agent 1\nA: b\nC:\n  - d\n  - e');
});
