import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/index.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { LOSS_TOLERANCE, verifyLosses } from './losses.ts';

const shared = fileURLToPath(new URL('../../../shared/reference/losses', import.meta.url));
const missing = existsSync(shared) ? '' : ' [skipped: no ../shared/reference/losses]';

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

describe('verifyLosses on the shared reference vectors', () => {
  it.skipIf(missing !== '')(`finds CE, KD and SLD within 1e-5 on wasm${missing}`, () => {
    const report = verifyLosses(engine, shared);
    expect(LOSS_TOLERANCE).toBe(1e-5);
    for (const method of ['CE', 'KD', 'SLD']) expect(report.rows.filter((row) => row.method === method).length, method).toBeGreaterThan(0);
    for (const { file, method, params, lossError, gradientError } of report.rows) {
      const where = `${file} ${method} ${JSON.stringify(params)}`;
      expect(lossError, where).toBeLessThanOrEqual(1e-5);
      expect(gradientError, where).toBeLessThanOrEqual(1e-5);
    }
    expect(report.pass).toBe(true);
  });
});

describe('verifyLosses', () => {
  const logits = [[0, 0]];
  /** Cross-entropy of one sample by hand: ln 2, gradient softmax - one-hot. */
  const ce = { method: 'CE', params: {}, total: Math.log(2), gradStudentWeak: [[-0.5, 0.5]], gradStudentStrong: [[0, 0]] };
  const folderWith = (cases: object[], changes: object = {}): string => {
    const folder = temporaryFolder();
    const file = { classes: 2, target: [0], studentWeak: logits, studentStrong: logits, teacherWeak: logits, teacherStrong: logits, cases, ...changes };
    writeFileSync(join(folder, 'a.json'), JSON.stringify(file));
    return folder;
  };

  it('passes on numbers by hand, and counts methods that are not ours', () => {
    const report = verifyLosses(engine, folderWith([ce, { ...ce, method: 'FitNet' }, { ...ce, method: 'FitNet' }]));
    expect(report).toMatchObject({ pass: true, notCovered: { FitNet: 2 }, rows: [{ file: 'a.json', method: 'CE' }] });
    expect(report.worst).toBeLessThan(1e-6);
  });

  it.each([
    ['another total', { ...ce, total: Math.log(2) * 1.0001 }],
    ['another gradient', { ...ce, gradStudentWeak: [[-0.5, 0.5001]] }],
  ])('fails on %s', (_what, changed) => {
    const report = verifyLosses(engine, folderWith([ce, changed]));
    expect(report.pass).toBe(false);
    expect(report.worst).toBeGreaterThan(5e-5);
  });

  it('does not pass where nothing was compared', () => {
    expect(verifyLosses(engine, folderWith([{ ...ce, method: 'FitNet' }])).pass).toBe(false);
  });

  it('leaves no tensor behind', () => {
    const folder = folderWith([ce, ce]);
    verifyLosses(engine, folder);
    const before = engine.tf.memory().numTensors;
    verifyLosses(engine, folder);
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it('refuses a folder that is missing, empty, broken or of another format in one line', async () => {
    const folder = temporaryFolder();
    expect((await errorOf(() => verifyLosses(engine, join(folder, 'none')))).message).toBe(`no folder of reference vectors at ${folder}/none; give one by --reference DIR`);
    expect((await errorOf(() => verifyLosses(engine, folder))).message).toBe(`${folder} holds no .json file of reference vectors`);
    writeFileSync(join(folder, 'b.json'), '{"cases":');
    expect((await errorOf(() => verifyLosses(engine, folder))).message).toMatch(/b\.json is not JSON/);
    writeFileSync(join(folder, 'b.json'), '{"cases":[]}');
    expect((await errorOf(() => verifyLosses(engine, folder))).message).toBe(`${folder}/b.json is of another format: it has no target, studentWeak, teacherWeak`);
    writeFileSync(join(folder, 'b.json'), 'null');
    expect((await errorOf(() => verifyLosses(engine, folder))).message).toMatch(/b\.json is of another format/);
  });
});
