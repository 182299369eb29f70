import { expect, test } from 'vitest';
import type { DoctorReport } from '../engines/doctor.ts';
import { renderDoctor } from './doctor.ts';

test('the table marks what is there, missing, and optional, and ends with a verdict', () => {
  const row = { found: 'x', needed: 'n', command: '', optional: false };
  const report: DoctorReport = {
    ok: false,
    rows: [
      { ...row, name: 'Node', ok: true },
      { ...row, name: 'make', ok: false, found: 'missing', needed: 'GNU make', command: 'apt-get install -y make' },
      { ...row, name: 'GPU', ok: false, found: 'none', command: 'c', optional: true },
    ],
  };
  expect(renderDoctor(report).split('\n')).toEqual([
    '✓ Node  x',
    '✗ make  missing',
    '        needed: GNU make',
    '        run:    apt-get install -y make',
    '– GPU   none',
    '        needed: n',
    '        run:    c',
    '',
    'Missing: make.',
    '',
  ]);
});
