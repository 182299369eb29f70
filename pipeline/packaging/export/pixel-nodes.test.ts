import { normalise, toGrey, type Preprocessing } from '@sld-edge/runtime';
import { expect, it } from 'vitest';
import { createOnnxSession } from '../../evaluation/onnx-session.ts';
import { channelsFirst } from '../../evaluation/model-input.ts';
import { encodeModel } from '../onnx-protobuf.ts';
import { pixelNodes } from './pixel-nodes.ts';

const preprocessing = (channels: Preprocessing['channels'], mean: number[], std: number[]): Preprocessing => ({
  height: 1,
  width: 1,
  channels,
  fit: 'cover',
  filter: 'triangle',
  mean,
  std,
});

/** Runs the nodes alone. @param pixels RGB, of any number of pixels; they are one row */
async function computed(pixels: Uint8Array, p: Preprocessing): Promise<Float32Array> {
  const { Tensor } = await import('onnxruntime-node');
  const width = pixels.length / 3;
  const session = await createOnnxSession(
    encodeModel({
      producer: { name: 'test', version: '1' },
      opset: 17,
      description: 'pixels',
      graph: {
        name: 'pixels',
        ...pixelNodes('pixels', p),
        inputs: [{ name: 'pixels', type: 'uint8', shape: [1, 1, width, 3], description: '' }],
        outputs: [{ name: 'input', shape: [1, p.channels, 1, width], description: '' }],
      },
      metadata: {},
    }),
    1,
  );
  const { input } = await session.run({ pixels: new Tensor('uint8', pixels, [1, 1, width, 3]) });
  const values = (input.data as Float32Array).slice();
  await session.release();
  return values;
}

it("makes the runtime's grey levels of colours, every one", async () => {
  // All reds and greens, under blues that lie 15 levels apart: 1,179,648 colours.
  const pixels = new Uint8Array(3 * 256 * 256 * 18);
  let at = 0;
  for (let blue = 0; blue < 256; blue += 15)
    for (let red = 0; red < 256; red++)
      for (let green = 0; green < 256; green++) {
        pixels[at++] = red;
        pixels[at++] = green;
        pixels[at++] = blue;
      }
  // Deviation 1/255: levels stay levels.
  const found = await computed(pixels, preprocessing(1, [0], [1 / 255]));
  const expected = toGrey(pixels);
  expect(found.findIndex((level, i) => level !== expected[i])).toBe(-1);
});

it('normalises each colour by its own mean and deviation', async () => {
  const p = preprocessing(3, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
  const pixels = Uint8Array.from({ length: 3 * 256 }, (_, i) => (i * 7) % 256);
  const found = await computed(pixels, p);
  const expected = channelsFirst(normalise(pixels, p), 1, 3);
  expect(found).toHaveLength(expected.length);
  // By hand: a red of 0 is (0 - 0.485) / 0.229.
  expect(found[0]).toBeCloseTo(-2.11790393, 6);
  found.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-6));
});
