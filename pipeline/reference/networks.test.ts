import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/index.ts';
import { buildNetwork } from '../networks/index.ts';
import { freeze } from '../networks/freeze.ts';
import { createFrozenRunner } from '../networks/run-frozen.ts';
import { stateSpec, trainableCount } from '../networks/state.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { filled, verifyNetworks } from './networks.ts';

const shared = fileURLToPath(new URL('../../../shared/reference/architectures', import.meta.url));
const missing = existsSync(shared) ? '' : ' [skipped: no ../shared/reference/architectures]';
const CIFAR_RESNETS = ['resnet8', 'resnet14', 'resnet20', 'resnet32', 'resnet56', 'resnet110', 'resnet8x4', 'resnet32x4', 'ResNet18'];

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

describe('verifyNetworks on the shared reference vectors', () => {
  it.skipIf(missing !== '')(`finds the CIFAR ResNets within 1e-4 on wasm${missing}`, () => {
    const folder = temporaryFolder();
    for (const name of CIFAR_RESNETS) cpSync(join(shared, `cifar-${name}.json`), join(folder, `cifar-${name}.json`));
    const report = verifyNetworks(engine, folder);
    expect(report.rows.map(({ network }) => network).sort()).toEqual([...CIFAR_RESNETS].sort());
    for (const { file, mismatch, logitError } of report.rows) {
      expect(mismatch, file).toBe('');
      expect(logitError, file).toBeLessThanOrEqual(1e-4);
    }
    expect(report.pass).toBe(true);
  });
});

describe('verifyNetworks on the vectors beside it (vectors/make_network_vectors.py)', () => {
  it('finds every network within 1e-4 on wasm, at odd sizes of unlike sides', () => {
    const report = verifyNetworks(engine, fileURLToPath(new URL('./vectors', import.meta.url)));
    expect(report.notCovered).toEqual([]);
    for (const { file, mismatch, logitError } of report.rows) {
      expect(mismatch, file).toBe('');
      expect(logitError, file).toBeLessThanOrEqual(1e-4);
    }
    expect(report.rows.length).toBeGreaterThanOrEqual(20);
  });
});

describe('filled', () => {
  it('follows the rule of the reference', () => {
    // Step by step, in arithmetic that can't overflow.
    const mask = 0xffffffffn;
    const byHand = (crc: bigint, index: bigint): number => {
      let h = (index * 2654435761n + crc) & mask;
      h ^= h >> 16n;
      h = (h * 0x85ebca6bn) & mask;
      h ^= h >> 13n;
      h = (h * 0xc2b2ae35n) & mask;
      h ^= h >> 16n;
      return Number(h) / 2 ** 32;
    };
    // CRC-32 of "123456789" is the check value of every table of CRCs.
    const values = filled('123456789', [3]);
    for (let i = 0; i < 3; i++) expect(values[i]).toBe(Math.fround((byHand(0xcbf43926n, BigInt(i + 1)) - 0.5) * 0.2));
  });

  it('scales by what kind of entry it is', () => {
    const spread = (name: string, shape: number[]): [number, number] => {
      const values = filled(name, shape);
      return [Math.min(...values), Math.max(...values)];
    };
    const within = ([low, high]: [number, number], least: number, most: number): void => {
      expect(low).toBeGreaterThanOrEqual(least);
      expect(high).toBeLessThanOrEqual(most);
      expect(high - low).toBeGreaterThan(0.9 * (most - least));
    };
    within(spread('input', [1000]), -2, 2);
    within(spread('bn1.running_mean', [1000]), -0.1, 0.1);
    within(spread('bn1.running_var', [1000]), 0.8, 1.2000001);
    within(spread('bn1.weight', [1000]), 0.8, 1.2000001);
    within(spread('bn1.bias', [1000]), -0.1, 0.1);
    const bound = Math.sqrt(3) * 0.5 * Math.sqrt(2 / 27);
    within(spread('conv1.weight', [64, 3, 3, 3]), -bound * 1.000001, bound * 1.000001);
  });
});

describe('verifyNetworks', () => {
  const inputShape: [number, number, number, number] = [1, 3, 8, 8];
  const network = buildNetwork('resnet8', { inputShape: { height: 8, width: 8, channels: 3 }, classes: 4 });

  /** A reference of our own making, for what the verification does with one that differs. */
  const reference = () => {
    const spec = stateSpec(network);
    const state = new Map(spec.map(({ name, shape }) => [name, { shape, data: filled(name, shape) }]));
    const { tf } = engine;
    const runner = createFrozenRunner(tf, freeze(network, state));
    const logits = tf
      .tidy(() => runner.logits(tf.transpose(tf.tensor4d(filled('input', inputShape), inputShape), [0, 2, 3, 1])))
      .arraySync();
    runner.dispose();
    const entries = spec.map(({ name, shape }): [string, number[]] => [name, shape]);
    return {
      name: 'resnet8',
      source: 'mdistiller CIFAR model zoo',
      inputShape,
      trainableParameters: trainableCount(network),
      state: [...entries, ['bn1.num_batches_tracked', []] as [string, number[]]],
      logits,
    };
  };
  const verify = (...files: object[]) => {
    const folder = temporaryFolder();
    files.forEach((file, i) => writeFileSync(join(folder, `${i}.json`), JSON.stringify(file)));
    return verifyNetworks(engine, folder);
  };

  it('passes on equal logits, does not mind counters, and names what is not covered', () => {
    const report = verify(reference(), { ...reference(), name: 'unheard_of' });
    expect(report).toMatchObject({ pass: true, notCovered: ['1.json'], rows: [{ network: 'resnet8', mismatch: '' }] });
  });

  it("does not take another library's network of the same name for ours", () => {
    expect(verify({ ...reference(), source: 'torchvision' })).toMatchObject({ rows: [], notCovered: ['0.json'], pass: false });
  });

  it('fails on other logits, another count, another name and another shape, and says which', () => {
    const right = reference();
    const shifted = right.logits.map((row, i) => (i === 0 ? [row[0] + 0.01, ...row.slice(1)] : row));
    expect(verify({ ...right, logits: shifted }).pass).toBe(false);
    expect(verify({ ...right, trainableParameters: 1 })).toMatchObject({
      pass: false,
      rows: [{ mismatch: `${trainableCount(network)} trainable parameters, 1 in the reference` }],
    });
    const renamed = right.state.map(([name, shape]): [string, number[]] => [name === 'fc.bias' ? 'head.bias' : name, shape]);
    expect(verify({ ...right, state: renamed })).toMatchObject({ pass: false, rows: [{ mismatch: 'head.bias [4]' }] });
    const reshaped = right.state.map(([name, shape]): [string, number[]] => [name, name === 'conv1.weight' ? [16, 3, 5, 5] : shape]);
    expect(verify({ ...right, state: reshaped })).toMatchObject({ pass: false, rows: [{ mismatch: 'conv1.weight [16,3,5,5]' }] });
    expect(verify({ ...right, state: right.state.slice(1) })).toMatchObject({
      pass: false,
      rows: [{ mismatch: 'conv1.weight [16,3,3,3]' }],
    });
  });

  it('refuses a file of another format in one line', async () => {
    expect((await errorOf(() => verify({ logits: [] }))).message).toMatch(/0\.json is of another format: it has no inputShape, state/);
  });
});
