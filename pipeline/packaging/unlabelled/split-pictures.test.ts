import { expect, it } from 'vitest';
import { errorOf } from '../../testing/error-of.ts';
import { tinyImages } from '../../testing/tiny-data.ts';
import { splitPictures } from './split-pictures.ts';

it('holds a tenth out to decide by, and another to report where no other pictures do', () => {
  const alone = splitPictures(tinyImages(40, 1));
  expect([alone.calibration.count, alone.deciding.count, alone.reporting.count]).toEqual([32, 4, 4]);
  expect(alone.reporting.images.image(0)).toEqual(tinyImages(40, 1).images.image(36));
  const others = tinyImages(7, 2);
  const beside = splitPictures(tinyImages(40, 1), others);
  expect([beside.calibration.count, beside.deciding.count]).toEqual([36, 4]);
  expect(beside.reporting).toBe(others);
});

it('refuses too few pictures', async () => {
  expect((await errorOf(() => splitPictures(tinyImages(9, 1)))).message).toBe(
    'expected at least 10 different pictures to calibrate on, came 9',
  );
});
