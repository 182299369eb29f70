import { programPart } from '../../errors/program-part.ts';
import { jpeg } from '../../image/inspect/jpeg.ts';
import { png } from '../../image/inspect/png.ts';
import { webp } from '../../image/inspect/webp.ts';
import { inspectAs, type ImageInfo } from '../../image/inspect-as.ts';
import { DEFAULT_LIMITS } from '../../image/limits.ts';

const COMMON = [jpeg, png, webp] as const;

/** Inspects a file as `inspectImage` does. What reads rare formats, and tells what is none, is imported when wanted. @throws AppError as that */
export async function inspectInPage(bytes: Uint8Array): Promise<ImageInfo> {
  const format = COMMON.find(({ matches }) => matches(bytes));
  if (format) return inspectAs(format, bytes, DEFAULT_LIMITS);
  return (await fetchRareFormats()).inspectImage(bytes);
}

/** Fetches the readers of rare formats. @throws AppError PROGRAM_FILE_MISSING */
export const fetchRareFormats = () => programPart('the readers of rare formats', import('../../image/inspect.ts'));
