import { AppError } from '@sld-edge/runtime';

/** Parts of the page's program, each of which comes when it is first used. They reject with an AppError PROGRAM_FILE_MISSING. */

export const loadBatch = () => part('batch', () => import('./batch/batch.ts'));
export const loadPictureOfWords = () => part('picture of words', () => import('./picture-of-words.ts'));
export const loadAnswerActions = () => part('answer actions', () => import('./share/answer-actions.ts'));

async function part<Module>(file: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    // Browsers remember a script that did not come: only a reload asks again.
    throw new AppError('PROGRAM_FILE_MISSING', { file, reason: 'it is missing or damaged, or the network failed' }, { cause });
  }
}
