import { AppError } from '../../errors/catalogue.ts';

/** Passes of Adam7 (W3C PNG, third edition, 8.1): first column and row, and the steps from one to the next. */
const INTERLACED = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const NOT_INTERLACED = [[0, 0, 1, 1]] as const;
const SAMPLES: Record<number, number | undefined> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const LAST_FILTER = 4;

/**
 * Checks that the data of a PNG inflate to all rows of its picture, each with a filter that there is: a browser shows what it has
 * decoded where they don't, the server's decoder refuses it.
 *
 * @param bytes - what `toPortable` made of a PNG
 * @throws AppError IMAGE_UNDECODABLE
 */
export async function checkPngData(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (!(await holdsAllRows(bytes))) throw new AppError('IMAGE_UNDECODABLE', { format: 'PNG' });
}

async function holdsAllRows(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    if (view.getUint32(at + 4) === 0x49444154) data.push(bytes.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  const bitsPerPixel = bytes[24] * (SAMPLES[bytes[25]] ?? 0);
  const rows = rowsOf(view.getUint32(16), view.getUint32(20), bitsPerPixel, bytes[28] === 1);
  const reader = new Blob(data).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  try {
    // Bytes of the present row that are still to come.
    let left = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      for (let at = 0; at < part.value.length;) {
        if (left === 0) {
          const row = rows.next();
          // Whatever comes behind the last row is not read: it may be gigabytes.
          if (row.done) {
            await reader.cancel();
            return true;
          }
          if (part.value[at] > LAST_FILTER) return false;
          left = 1 + row.value;
        }
        const taken = Math.min(left, part.value.length - at);
        left -= taken;
        at += taken;
      }
    }
    return left === 0 && rows.next().done === true;
  } catch {
    return false;
  }
}

/** Bytes of each row, without that of its filter. */
function* rowsOf(width: number, height: number, bitsPerPixel: number, interlaced: boolean): Generator<number, void> {
  for (const [left, top, across, down] of interlaced ? INTERLACED : NOT_INTERLACED) {
    const columns = Math.ceil((width - left) / across);
    if (columns < 1) continue;
    for (let y = top; y < height; y += down) yield Math.ceil((columns * bitsPerPixel) / 8);
  }
}
