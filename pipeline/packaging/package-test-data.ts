/** Test images that a package is measured on. */
import type { Manifest } from '@sld-edge/runtime';
import type { ImageSize } from '../evaluation/model-input.ts';
import { openTestData, type TestData } from '../data/run-data.ts';

/**
 * Test images of the package's labels, of its size.
 * @param folder the package's, for messages
 * @param spec the data set, as `--data` names it
 * @throws Error in one line where labels or size are others
 */
export async function packageTestData(
  folder: string,
  { labels, preprocessing }: Manifest,
  spec: string,
  say: (line: string) => void,
): Promise<TestData> {
  const data = await openTestData(spec, 0, say, {
    imageSize: preprocessing.height === preprocessing.width ? preprocessing.height : 0,
    cropRatio: preprocessing.cropRatio,
  });
  if (String(labels) !== String(data.labels))
    throw new Error(`${folder} has the labels ${labels.join(', ')}; ${data.name} has ${data.labels.join(', ')}`);
  if (sizeOf(preprocessing) !== sizeOf(data.inputShape))
    throw new Error(`${folder} takes images of ${sizeOf(preprocessing)}, ${data.name} has ${sizeOf(data.inputShape)}`);
  return data;
}

const sizeOf = ({ height, width, channels }: ImageSize): string =>
  `${width}x${height} pixels of ${channels} channel${channels === 1 ? '' : 's'}`;
