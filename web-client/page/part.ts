import { AppError } from '@sld-edge/runtime';

/**
 * Loads a part of the page's program, which comes when it is first used.
 *
 * @throws AppError PROGRAM_FILE_MISSING
 */
export async function part<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    // Browsers remember a script that did not come: only a reload asks again.
    throw new AppError('PROGRAM_FILE_MISSING', { file: name, reason: 'it is missing or damaged, or the network failed' }, { cause });
  }
}
