import { readAvifMetadata } from '../avif/metadata.ts';
import { isUsableProfile } from '../icc-profile.ts';
import type { PortableFile } from '../portable.ts';

/** An AVIF without a profile that does not pass: its colour box becomes `free`, and no byte moves. */
export function portableAvif<Bytes extends Uint8Array>(bytes: Bytes): PortableFile<Bytes | Uint8Array<ArrayBuffer>> {
  const damaged = readAvifMetadata(bytes)?.profileBoxes.filter(({ start, end }) => !isUsableProfile(bytes.subarray(start + 4, end), 'RGB ')) ?? [];
  if (damaged.length === 0) return { bytes, orientation: 1 };
  const mended = Uint8Array.from(bytes);
  for (const { at } of damaged) mended.set([0x66, 0x72, 0x65, 0x65], at + 4);
  return { bytes: mended, orientation: 1 };
}
