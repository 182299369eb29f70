import { AppError } from '@sld-edge/runtime';
import { byId } from './element.ts';

/**
 * The ways in which an image comes: chosen, photographed, dropped anywhere on the page, pasted.
 *
 * @param onImage given each image's file
 * @param onError told where what came holds no image
 */
export function createIntake(onImage: (image: Blob) => void, onError: (error: AppError) => void): void {
  const drop = byId('drop');

  const take = (files: FileList | null | undefined): void => {
    const file = files?.[0];
    if (file) onImage(file);
    else onError(new AppError('IMAGE_MISSING', {}));
  };

  // A mouse has no camera behind it; a device that is touched nearly always has one.
  byId('photograph').hidden = navigator.maxTouchPoints === 0;

  for (const [button, input] of [
    ['choose', 'file'],
    ['photograph', 'camera'],
  ]) {
    const picker = byId<HTMLInputElement>(input);
    byId(button).addEventListener('click', () => picker.click());
    picker.addEventListener('change', () => {
      // Leaving the picker without a choice is no mistake.
      if (picker.files?.length) take(picker.files);
      picker.value = '';
    });
  }

  let depth = 0;
  const highlight = (change: number): void => {
    depth = Math.max(0, depth + change);
    drop.classList.toggle('over', depth > 0);
  };
  document.addEventListener('dragenter', () => highlight(+1));
  document.addEventListener('dragleave', () => highlight(-1));
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    highlight(-depth);
    take(event.dataTransfer?.files);
  });
  document.addEventListener('paste', (event) => take(event.clipboardData?.files));
}
