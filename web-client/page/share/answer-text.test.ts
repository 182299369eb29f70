import { expect, it } from 'vitest';
import { answerText, type SharedAnswer } from './answer-text.ts';

const answer: SharedAnswer = {
  predictions: ['Boot', 'Sandal', 'Sneaker', 'Bag', 'Coat', 'Dress'].map((label, index) => ({
    label,
    index,
    probability: 0.6 / 2 ** index,
  })),
  abstained: false,
  model: 'm',
  version: '1',
  variant: 'integer',
  backend: 'wasm',
};

it('writes the five likeliest classes, who answered, and where', () => {
  expect(answerText(answer, 'https://h/app/?model=m#details')).toBe(
    'Boot: 60.0 %\nSandal: 30.0 %\nSneaker: 15.0 %\nBag: 7.5 %\nCoat: 3.8 %\n' +
      'Answered on the device by m@1 (integer, wasm).\nhttps://h/app/?model=m',
  );
});

it('does not hide that the model is not sure', () => {
  expect(answerText({ ...answer, abstained: true }, 'https://h/')).toContain('\nThe model is not sure.\n');
});
