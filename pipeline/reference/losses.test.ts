import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { distillers } from '../distillers/index.ts';
import type { Engine } from '../engines/index.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { LOSS_TOLERANCE, verifyLosses, type LossVerification } from './losses.ts';

const shared = fileURLToPath(new URL('../../../shared/reference/losses', import.meta.url));
/** Made by public code (loss-vectors/make_loss_vectors.py). */
const own = fileURLToPath(new URL('./loss-vectors', import.meta.url));
const missing = existsSync(shared) ? '' : ' [skipped: no ../shared/reference/losses]';

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

describe('verifyLosses on vectors of public code', () => {
  const names = Object.keys(distillers).map((name) => name.toUpperCase());
  const holdsWithin = (report: LossVerification, methods: readonly string[]): void => {
    expect(LOSS_TOLERANCE).toBe(1e-5);
    for (const method of methods) expect(report.rows.filter((row) => row.method === method).length, method).toBeGreaterThan(0);
    for (const { file, method, params, lossError, gradientError } of report.rows) {
      const where = `${file} ${method} ${JSON.stringify(params)}`;
      expect(lossError, where).toBeLessThanOrEqual(1e-5);
      expect(gradientError, where).toBeLessThanOrEqual(1e-5);
    }
    expect(report).toMatchObject({ refused: [], notCovered: {}, pass: true });
  };

  it('finds the methods after 2021 and the standardised ones within 1e-5 on wasm', () => {
    holdsWithin(verifyLosses(engine, own), ['DKD', 'MLKD', 'SLD', 'DIST', 'WTTM', 'RLD', 'REVISION', 'CRLD']);
  });

  it.skipIf(missing !== '')(`finds the shared ones within 1e-5 on wasm, and every method is in one of the two${missing}`, () => {
    const report = verifyLosses(engine, shared);
    holdsWithin(report, ['CE', 'KD', 'KD+LS', 'DKD', 'MLKD', 'SLD']);
    const covered = new Set([...report.rows, ...verifyLosses(engine, own).rows].map(({ method }) => method));
    expect(names.filter((method) => !covered.has(method))).toEqual([]);
  });
});

describe('verifyLosses', () => {
  const logits = [[0, 0]];
  /** Cross-entropy of one sample by hand: ln 2, gradient softmax - one-hot. */
  const ce = { method: 'CE', params: {}, total: Math.log(2), gradStudentWeak: [[-0.5, 0.5]], gradStudentStrong: [[0, 0]] };
  const folderWith = (cases: object[], changes: object = {}): string => {
    const folder = temporaryFolder();
    const file = {
      classes: 2,
      target: [0],
      studentWeak: logits,
      studentStrong: logits,
      teacherWeak: logits,
      teacherStrong: logits,
      cases,
      ...changes,
    };
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

  it('drives the options by the parameters of a case', () => {
    // (ln 3, 0) against an even teacher and label 1, by hand: ce = ln 4, KL((1/2, 1/2) ‖ (3/4, 1/4)) = ½ ln(4/3) at T = 1.
    const student = [[Math.log(3), 0]];
    const kl = 0.5 * Math.log(4 / 3);
    const kd = {
      method: 'KD',
      params: { temperature: 1, ceWeight: 2, kdWeight: 3 },
      total: 2 * Math.log(4) + 3 * kl,
      gradStudentWeak: [[2 * 0.75 + 3 * 0.25, -2 * 0.75 - 3 * 0.25]],
      gradStudentStrong: [[0, 0]],
    };
    const changes = { target: [1], studentWeak: student, studentStrong: student };
    expect(verifyLosses(engine, folderWith([kd], changes)).worst).toBeLessThan(1e-6);
    expect(verifyLosses(engine, folderWith([{ ...kd, params: { ...kd.params, kdWeight: 2.9 } }], changes)).pass).toBe(false);
    // SLD without its swaps, and closed by its gate, is the same on two views.
    const both = { gradStudentStrong: kd.gradStudentWeak, total: 2 * kd.total };
    const off = {
      method: 'SLD',
      params: { temperatures: [1], ceWeight: 2, kdWeight: 3, teacherSwap: false, studentSwap: false, epoch: 200 },
    };
    expect(verifyLosses(engine, folderWith([{ ...kd, ...both, ...off }], changes)).worst).toBeLessThan(1e-6);
    const closed = { method: 'SLD', params: { temperatures: [1], ceWeight: 2, kdWeight: 3, teacherSwap: false, gamma: 5, epoch: 5 } };
    expect(verifyLosses(engine, folderWith([{ ...kd, ...both, ...closed }], changes)).worst).toBeLessThan(1e-6);
    expect(verifyLosses(engine, folderWith([{ ...kd, ...both, ...closed, params: { ...closed.params, epoch: 6 } }], changes)).pass).toBe(
      false,
    );
  });

  it("takes MLKD's base temperature beside the list that begins with it, or the list alone", () => {
    // Student and teacher alike: only the cross-entropies of the two views are left.
    const mlkd = { method: 'MLKD', total: 0.1 * 2 * Math.log(2), gradStudentWeak: [[-0.05, 0.05]], gradStudentStrong: [[-0.05, 0.05]] };
    const report = verifyLosses(
      engine,
      folderWith([
        { ...mlkd, params: { temperature: 2, temperatures: [2, 3], ceWeight: 0.1 } },
        { ...mlkd, params: { temperatures: [2, 3], ceWeight: 0.1 } },
      ]),
    );
    expect(report).toMatchObject({ pass: true, refused: [] });
    expect(report.rows).toHaveLength(2);
  });

  it('takes class weights and notes of a case', () => {
    const report = verifyLosses(engine, folderWith([{ ...ce, params: { classWeights: [3, 1], note: 'one sample: its weight cancels' } }]));
    expect(report.pass).toBe(true);
  });

  it.each([
    ['CE', { smoothing: 0.1 }, 'unknown option "smoothing" of method ce; allowed: views'],
    ['KD', { temperature: 4, warmup: 20 }, 'unknown option "warmup" of method kd; allowed: views, temperature, ceWeight, kdWeight'],
    ['MLKD', { temperature: 1, temperatures: [4, 3, 5, 2, 6] }, /^unknown option "temperature" of method mlkd/],
    ['SLD', { temperatures: [0] }, /^option "temperatures" of method sld is \[0\]; allowed: /],
  ])('does not compare, and does not pass, a case of %s with the parameters %j', (method, params, reason) => {
    const report = verifyLosses(engine, folderWith([ce, { ...ce, method, params }]));
    expect(report.pass).toBe(false);
    expect(report.rows).toHaveLength(1);
    expect(report.refused).toEqual([
      { file: 'a.json', method, params, reason: typeof reason === 'string' ? reason : expect.stringMatching(reason) },
    ]);
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
    expect((await errorOf(() => verifyLosses(engine, join(folder, 'none')))).message).toBe(
      `no folder of reference vectors at ${folder}/none; give one by --reference DIR`,
    );
    expect((await errorOf(() => verifyLosses(engine, folder))).message).toBe(`${folder} holds no .json file of reference vectors`);
    writeFileSync(join(folder, 'b.json'), '{"cases":');
    expect((await errorOf(() => verifyLosses(engine, folder))).message).toMatch(/b\.json is not JSON/);
    writeFileSync(join(folder, 'b.json'), '{"cases":[]}');
    expect((await errorOf(() => verifyLosses(engine, folder))).message).toBe(
      `${folder}/b.json is of another format: it has no target, studentWeak, teacherWeak`,
    );
    writeFileSync(join(folder, 'b.json'), 'null');
    expect((await errorOf(() => verifyLosses(engine, folder))).message).toMatch(/b\.json is of another format/);
  });
});
