import { AppError } from '@sld-edge/runtime';

/** Parts of the page's program, each of which comes when it is first used. */
const parts = {
  models: () => import('./models/models-panel.ts'),
  device: () => import('./device/device-panel.ts'),
  camera: () => import('./camera/camera.ts'),
  batch: () => import('./batch/batch.ts'),
  pictureOfWords: () => import('./picture-of-words.ts'),
  answerActions: () => import('./share/answer-actions.ts'),
};

type Part<Name extends keyof typeof parts> = Awaited<ReturnType<(typeof parts)[Name]>>;

/** @throws AppError PROGRAM_FILE_MISSING */
export async function loadPart<Name extends keyof typeof parts>(name: Name): Promise<Part<Name>> {
  try {
    return (await parts[name]()) as Part<Name>;
  } catch (cause) {
    // Browsers remember a script that did not come: only a reload asks again.
    throw new AppError('PROGRAM_FILE_MISSING', { file: name, reason: 'it is missing or damaged, or the network failed' }, { cause });
  }
}
