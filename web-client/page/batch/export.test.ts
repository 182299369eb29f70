import { AppError } from '@sld-edge/runtime';
import { expect, it } from 'vitest';
import { toCsv, toJson } from './export.ts';
import type { BatchRecord } from './records.ts';

const records: BatchRecord[] = [
  {
    path: 'a, "b".png',
    abstained: true,
    predictions: [
      { label: 'cat', index: 1, probability: 0.30000000000000004 },
      { label: 'dog', index: 0, probability: 1e-7 },
    ],
  },
  { path: '=cmd|calc.jpg', predictions: [], abstained: false, error: new AppError('IMAGE_HEIC', {}) },
];

it('writes a table that spreadsheets read as text and numbers, with every digit', () => {
  expect(toCsv(records)).toBe(
    'file,error,not_sure,label_1,probability_1,label_2,probability_2,label_3,probability_3,label_4,probability_4,label_5,probability_5\r\n' +
      '"a, ""b"".png",,true,cat,0.30000000000000004,dog,1e-7,,,,,,\r\n' +
      "'=cmd|calc.jpg,IMAGE_HEIC,,,,,,,,,,,\r\n",
  );
});

it('writes JSON with the model that answered, and the reason where none did', () => {
  const source = { model: 'm', version: '1', variant: 'integer', backend: 'wasm' };
  expect(JSON.parse(toJson(source, records))).toEqual({
    ...source,
    pictures: [
      { file: 'a, "b".png', abstained: true, predictions: records[0].predictions },
      { file: '=cmd|calc.jpg', error: { code: 'IMAGE_HEIC', message: records[1].error!.message } },
    ],
  });
});
