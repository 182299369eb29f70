import { AppError } from './catalogue.ts';

/**
 * Waits for a part of the program that is fetched when it is wanted, so that those who do not want it never download it.
 *
 * @param file what it is, for people
 * @throws AppError PROGRAM_FILE_MISSING where it does not come
 */
export function programPart<Part>(file: string, coming: Promise<Part>): Promise<Part> {
  return coming.catch((error: unknown) => {
    throw new AppError('PROGRAM_FILE_MISSING', { file, reason: String(error) }, { cause: error });
  });
}
