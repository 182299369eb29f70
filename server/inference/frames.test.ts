import { expect, it } from 'vitest';
import { createFrameCutter, decodeFrame, encodeFrame, frameLengthOf, type Frame } from './frames.ts';

const wholeFrame = (message: object, bytes: Buffer): Buffer => Buffer.concat([encodeFrame(message, bytes.length), bytes]);

it('writes two lengths in little endian, the message as JSON, and leaves the bytes to follow', () => {
  expect(encodeFrame({ a: 'ü' }, 300)).toEqual(Buffer.concat([Buffer.of(10, 0, 0, 0, 0x2c, 1, 0, 0), Buffer.from('{"a":"ü"}')]));
});

it('knows the length of a frame as soon as its lengths are there', () => {
  const frame = wholeFrame({ type: 'x' }, Buffer.from('bytes'));
  expect(frameLengthOf(frame.subarray(0, 7))).toBeUndefined();
  expect(frameLengthOf(frame.subarray(0, 8))).toBe(frame.length);
  expect(decodeFrame(frame)).toEqual({ message: { type: 'x' }, bytes: Buffer.from('bytes') });
});

it('cuts a stream into the same frames however it comes', () => {
  const sent = [
    { message: { n: 1 }, bytes: Buffer.from('one') },
    { message: { n: 2 }, bytes: Buffer.alloc(0) },
    { message: { n: 3, text: 'ü' }, bytes: Buffer.alloc(70, 7) },
  ];
  const stream = Buffer.concat(sent.map(({ message, bytes }) => wholeFrame(message, bytes)));
  for (const size of [1, 7, 30, stream.length]) {
    const received: Frame<object>[] = [];
    const cut = createFrameCutter<object>(({ message, bytes }) => received.push({ message, bytes: Buffer.from(bytes) }));
    for (let at = 0; at < stream.length; at += size) cut(stream.subarray(at, at + size));
    expect(received, `pieces of ${size}`).toEqual(sent);
  }
});
