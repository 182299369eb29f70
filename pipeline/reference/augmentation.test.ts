import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyAugmentation } from './augmentation.ts';

const shared = fileURLToPath(new URL('../../../shared/reference/augment', import.meta.url));
const missing = existsSync(join(shared, 'augment.json')) ? '' : ' [skipped: no ../shared/reference/augment]';

describe('verifyAugmentation on the shared reference vectors', () => {
  it.skipIf(missing !== '')(`finds every operation equal to Pillow${missing}`, async () => {
    const report = await verifyAugmentation(shared);
    expect(report.rows.length).toBe(42);
    expect(report.worst.worstLevels).toBe(0);
    expect(report.rangeMismatches).toEqual([]);
    expect(report.pass).toBe(true);
  });
});

describe('verifyAugmentation', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'augment-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const input = [10, 20, 30, 200];
  const solarize = { op: 'Solarize', min: 0, max: 256, value: 128, offset: 4 };
  const write = async (description: unknown, bytes: number[]): Promise<void> => {
    await writeFile(join(directory, 'augment.json'), typeof description === 'string' ? description : JSON.stringify(description));
    await writeFile(join(directory, 'augment.bin'), Uint8Array.from(bytes));
  };
  const description = (cases: unknown[], shape = [1, 2, 2, 1]): unknown => ({ shape, inputOffset: 0, cases });

  it('passes where all is equal', async () => {
    await write(description([solarize]), [...input, 10, 20, 30, 55]);
    expect(await verifyAugmentation(directory)).toEqual({
      rows: [{ operation: 'Solarize', magnitude: 128, worstLevels: 0, fractionDifferent: 0 }],
      worst: { operation: 'Solarize', magnitude: 128, worstLevels: 0, fractionDifferent: 0 },
      rangeMismatches: [],
      pass: true,
    });
  });

  it('fails on two levels, and on one level in too many pixels, and names the worst', async () => {
    const second = { ...solarize, value: 100, offset: 8 };
    await write(description([solarize, second]), [...input, 10, 20, 30, 56, 10, 22, 30, 55]);
    const report = await verifyAugmentation(directory);
    expect(report.rows.map((row) => [row.worstLevels, row.fractionDifferent])).toEqual([
      [1, 0.25],
      [2, 0.25],
    ]);
    expect(report.worst).toBe(report.rows[1]);
    expect(report.pass).toBe(false);
  });

  it('allows one level in one pixel of 200', async () => {
    const flat = Array<number>(200).fill(7);
    await write(description([{ ...solarize, offset: 200 }], [1, 10, 20, 1]), [...flat, 8, ...flat.slice(1)]);
    expect(await verifyAugmentation(directory)).toMatchObject({ worst: { worstLevels: 1, fractionDifferent: 0.005 }, pass: true });
  });

  it('fails where the reference draws from another range', async () => {
    await write(description([{ ...solarize, max: 255 }]), [...input, 10, 20, 30, 55]);
    const report = await verifyAugmentation(directory);
    expect(report.rangeMismatches).toEqual(['Solarize: the reference draws from 0…255, ours from 0…256']);
    expect(report.pass).toBe(false);
  });

  it.each([
    ['not JSON', '{', /augment\.json is not JSON/],
    ['no shape', { inputOffset: 0, cases: [solarize] }, /"shape" must be \[images, height, width, 1 or 3\]; came undefined/],
    ['two channels', description([solarize], [1, 2, 1, 2]), /"shape"/],
    ['no cases', description([]), /"cases" must be a list with at least one case/],
    [
      'an unknown operation',
      description([{ ...solarize, op: 'constructor' }]),
      /cases\[0\]: "op" must be one of AutoContrast, .*came "constructor"/,
    ],
    ['a magnitude that is no number', description([{ ...solarize, value: 'x' }]), /cases\[0\]: "min", "max" and "value" must be numbers/],
    [
      'bytes beyond the end',
      description([{ ...solarize, offset: 6 }]),
      /augment\.bin ends early: Solarize needs bytes 6…10, the file has 8/,
    ],
    ['null', 'null', /"shape"/],
  ])('refuses %s in one line', async (_what, content, message) => {
    await write(content, [...input, 10, 20, 30, 55]);
    const error = await verifyAugmentation(directory).catch((thrown: unknown) => thrown as Error);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain('\n');
  });

  it('refuses a folder that is not there', async () => {
    await expect(verifyAugmentation(join(directory, 'none'))).rejects.toThrow(/^cannot read .*none\/augment\.json: ENOENT$/);
  });
});
