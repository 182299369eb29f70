import { AppError } from '../../errors/catalogue.ts';
import { unsupportedCodingOf } from '../avif/matrix.ts';
import { readAvifMetadata } from '../avif/metadata.ts';
import { isUsableProfile } from '../icc-profile.ts';
import type { PortableFile } from '../portable.ts';

const FREE = [0x66, 0x72, 0x65, 0x65];

/**
 * An AVIF without a profile that does not pass (its colour box becomes `free`), and which no decoder turns or crops: the entries that
 * give items such properties name none (ISO/IEC 23008-12, 9.3.1: index 0). No byte moves. (libheif turns the planes of 4:2:0
 * before it widens them, which moves colours where a side is odd, and turns alpha by the alpha's properties alone.)
 *
 * @throws AppError IMAGE_KIND_UNSUPPORTED if decoders do not have the matrix, or not in the same way
 */
export function portableAvif<Bytes extends Uint8Array>(bytes: Bytes): PortableFile<Bytes | Uint8Array<ArrayBuffer>> {
  const metadata = readAvifMetadata(bytes);
  if (!metadata) return { bytes, orientation: 1 };
  const { sequence, coding, subsampled, profileBoxes, transforms, transformAssociations } = metadata;
  const unsupported = coding && subsampled !== undefined && unsupportedCodingOf(coding, subsampled);
  if (unsupported) throw new AppError('IMAGE_KIND_UNSUPPORTED', { format: 'AVIF', kind: unsupported });
  const damaged = profileBoxes.filter(({ start, end }) => !isUsableProfile(bytes.subarray(start + 4, end), 'RGB '));
  // Those of a sequence of frames lie elsewhere, and decoders apply them.
  const turned = sequence ? [] : transformAssociations;
  if (damaged.length === 0 && turned.length === 0) return { bytes, orientation: 1 };
  const stored = Uint8Array.from(bytes);
  for (const { at } of damaged) stored.set(FREE, at + 4);
  for (const { at, bytes: count } of turned) stored.fill(0, at, at + count);
  return { bytes: stored, orientation: 1, ...(sequence ? {} : { transforms }) };
}
