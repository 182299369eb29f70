import { recentTriangleWeights, WEIGHT_BITS, type FilterWeights } from './filter-weights.ts';
import { requireRgbImage, type RgbImage } from './rgb-image.ts';

/** A part of an image, in pixels from its top-left corner; fractions allowed. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Quicker ways along rows and columns, to the same integers. Each says false of a job that it does not take, whose `data` is untouched. */
export interface QuickPasses {
  alongRows(image: RgbImage, filter: FilterWeights, width: number, firstRow: number, endRow: number, data: Uint8Array): boolean;
  alongColumns(image: RgbImage, filter: FilterWeights, height: number, data: Uint8Array): boolean;
}

/** Half of the last place: makes the shift that ends each sum round to the nearest level. */
const ROUNDING = 1 << (WEIGHT_BITS - 1);
/** Height over width beyond which the columns are resampled first; Pillow's limit. */
const TALL = 100;

/**
 * Resamples an image, or a box of it, with an antialiased triangle filter in integer arithmetic: first along
 * the rows, then along the columns (the other way round for an image more than 100 times taller than wide),
 * each rounded to 8 bits. The result is that of Pillow's `resize((width, height), BILINEAR, box)` to the last
 * level, in every JavaScript engine.
 *
 * A sum cannot overflow 32 bits: its weights are not negative and add up to about 2^22 (rounding can at most
 * double that, if there are millions of them), levels are below 2^8.
 *
 * @param quick - used where it takes the job; null for none
 * @param width, height - of the result, in pixels
 * @param box - the part to resample, within the image; the whole image by default
 * @returns a new image; the same one if there is nothing to resample
 * @throws RangeError for sizes, data or a box that do not fit together
 */
export function resizeBy(quick: QuickPasses | null, image: RgbImage, width: number, height: number, box: Box = wholeOf(image)): RgbImage {
  requireRgbImage(image);
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new RangeError(`an image is resized to a whole number of at least 1 pixel each way; came ${width} x ${height}`);
  }
  if (!(
    box.left >= 0 &&
    box.top >= 0 &&
    box.left < box.right &&
    box.top < box.bottom &&
    box.right <= image.width &&
    box.bottom <= image.height
  )) {
    throw new RangeError(
      `the box (${box.left}, ${box.top})…(${box.right}, ${box.bottom}) is not within the image of ${image.width} x ${image.height} pixels`,
    );
  }
  if (image.height > TALL * image.width && height < image.height) {
    // Rows first would make an intermediate image of the full height: gigabytes from a harmless-looking file.
    const shortened = twoPasses(image, image.width, height, { ...box, left: 0, right: image.width }, quick);
    return twoPasses(shortened, width, height, { ...box, top: 0, bottom: height }, quick);
  }
  return twoPasses(image, width, height, box, quick);
}

function twoPasses(image: RgbImage, width: number, height: number, box: Box, quick: QuickPasses | null): RgbImage {
  const resampleRows = width !== image.width || box.left !== 0 || box.right !== width;
  const resampleColumns = height !== image.height || box.top !== 0 || box.bottom !== height;
  let columns = recentTriangleWeights(image.height, box.top, box.bottom, height);
  let result = image;
  if (resampleRows) {
    // Rows that no result needs are left out; from here on rows count from the first one needed.
    const firstRow = columns.first[0];
    const endRow = columns.first[height - 1] + columns.taps[height - 1];
    const rows = recentTriangleWeights(image.width, box.left, box.right, width);
    result = alongRows(image, rows, width, firstRow, endRow, quick);
    if (firstRow > 0) columns = { ...columns, first: columns.first.map((row) => row - firstRow) };
  }
  return resampleColumns ? alongColumns(result, columns, height, quick) : result;
}

function wholeOf({ width, height }: RgbImage): Box {
  return { left: 0, top: 0, right: width, bottom: height };
}

function alongRows(
  image: RgbImage,
  filter: FilterWeights,
  width: number,
  firstRow: number,
  endRow: number,
  quick: QuickPasses | null,
): RgbImage {
  const { first, taps, weights, stride } = filter;
  const source = image.data;
  const height = endRow - firstRow;
  const data = new Uint8Array(width * height * 3);
  if (quick?.alongRows(image, filter, width, firstRow, endRow, data)) return { width, height, data };
  let to = 0;
  for (let y = firstRow; y < endRow; y++) {
    const row = y * image.width;
    for (let x = 0; x < width; x++) {
      let red = ROUNDING;
      let green = ROUNDING;
      let blue = ROUNDING;
      let from = (row + first[x]) * 3;
      let k = x * stride;
      const end = k + taps[x];
      for (; k < end; k++, from += 3) {
        const weight = weights[k];
        red = (red + Math.imul(source[from], weight)) | 0;
        green = (green + Math.imul(source[from + 1], weight)) | 0;
        blue = (blue + Math.imul(source[from + 2], weight)) | 0;
      }
      data[to] = toLevel(red);
      data[to + 1] = toLevel(green);
      data[to + 2] = toLevel(blue);
      to += 3;
    }
  }
  return { width, height, data };
}

function alongColumns(image: RgbImage, filter: FilterWeights, height: number, quick: QuickPasses | null): RgbImage {
  const { first, taps, weights, stride } = filter;
  const source = image.data;
  const rowBytes = image.width * 3;
  const data = new Uint8Array(height * rowBytes);
  if (quick?.alongColumns(image, filter, height, data)) return { width: image.width, height, data };
  const sums = new Int32Array(rowBytes);
  for (let y = 0; y < height; y++) {
    sums.fill(ROUNDING);
    for (let tap = 0; tap < taps[y]; tap++) {
      const weight = weights[y * stride + tap];
      const row = (first[y] + tap) * rowBytes;
      for (let i = 0; i < rowBytes; i++) sums[i] += Math.imul(source[row + i], weight);
    }
    for (let i = 0; i < rowBytes; i++) data[y * rowBytes + i] = toLevel(sums[i]);
  }
  return { width: image.width, height, data };
}

/** Rounded weights may add up to a little more than one, hence the limit; they are never negative. */
function toLevel(sum: number): number {
  const level = sum >> WEIGHT_BITS;
  return level > 255 ? 255 : level;
}
