import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { assertDeployable, GRAPH_OPS } from './deployable.ts';
import { buildNetwork } from './index.ts';
import { operations } from './operations/index.ts';
import { graphNode } from './operations/graph-def.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
  await import('@tensorflow/tfjs-backend-webgpu');
});

describe('assertDeployable', () => {
  const network = buildNetwork('resnet8', { inputShape: { height: 8, width: 8, channels: 1 }, classes: 5 });

  it('takes a network whose ops every backend has', () => {
    expect(() => assertDeployable(network)).not.toThrow();
  });

  it('refuses one with an op that wasm lacks, and says which operation needs what', async () => {
    const { add } = operations;
    operations.add = {
      ...add,
      frozen: { ...add.frozen!, toGraphModel: (_node, { name, inputs }) => [graphNode('BesselI0e', name, inputs)] },
    };
    onTestFinished(() => {
      operations.add = add;
    });
    expect((await errorOf(() => assertDeployable(network))).message).toMatch(
      /^resnet8 cannot be deployed: its operation add \("add_\d+"\) needs BesselI0e, which the wasm backend of browsers and server lacks$/,
    );
  });
});

describe.each(['wasm', 'webgpu'])('the %s backend', (backend) => {
  it.each(Object.entries(GRAPH_OPS).filter(([, kernels]) => kernels.length > 0))('has what %s becomes', (_op, kernels) => {
    for (const kernel of kernels) expect(engine.tf.getKernel(kernel, backend), kernel).toBeDefined();
  });
});
