import type { GivenMany } from './batch/batch.ts';
import { byId } from './element.ts';

/** Receiver of the pictures that come. */
export interface IntakeHost {
  onOne(image: Blob): void;
  /** Several pictures, or a folder. */
  onMany(given: GivenMany): void;
  /** No file came: what the transfer says in words may lead to a picture. */
  onWords(words: TransferredWords): void;
}

/** Words of a transfer, by their kind. */
export interface TransferredWords {
  html: string;
  addresses: string;
  plain: string;
}

/** The ways in which pictures come: chosen, photographed, dropped anywhere on the page, pasted. */
export function createIntake({ onOne, onMany, onWords }: IntakeHost): void {
  const drop = byId('drop');

  const takeFiles = (files: readonly File[]): void => (files.length === 1 ? onOne(files[0]) : onMany({ chosen: [...files] }));
  const takeTransfer = (data: DataTransfer | null): void => {
    // The browser gives them only while the event is handled.
    const entries = [...(data?.items ?? [])].flatMap((item) => (item.kind === 'file' ? (item.webkitGetAsEntry?.() ?? []) : []));
    const files = [...(data?.files ?? [])];
    if (entries.some(({ isDirectory }) => isDirectory)) onMany({ dropped: entries });
    else if (files.length > 0) takeFiles(files);
    else onWords(wordsOf(data));
  };

  // A mouse has no camera behind it; a device that is touched nearly always has one, and mostly no folders to choose.
  const isTouched = navigator.maxTouchPoints > 0;
  byId('photograph').hidden = !isTouched;
  // Until here the style has judged by the pointer, so that nothing moves when the script comes.
  byId('photograph').classList.remove('if-touched');
  byId('choose-folder').classList.remove('unless-touched');
  byId('choose-folder').hidden = isTouched || !('webkitdirectory' in HTMLInputElement.prototype);

  for (const [button, input] of [
    ['choose', 'file'],
    ['choose-folder', 'folder'],
    ['photograph', 'camera'],
  ]) {
    const picker = byId<HTMLInputElement>(input);
    byId(button).addEventListener('click', () => picker.click());
    picker.addEventListener('change', () => {
      const files = [...(picker.files ?? [])];
      picker.value = '';
      if (input === 'folder') onMany({ chosen: files });
      // Leaving the picker without a choice is no mistake.
      else if (files.length > 0) takeFiles(files);
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
    takeTransfer(event.dataTransfer);
  });
  document.addEventListener('paste', (event) => takeTransfer(event.clipboardData));
}

function wordsOf(data: DataTransfer | null): TransferredWords {
  const get = (type: string): string => data?.getData(type) ?? '';
  return { html: get('text/html'), addresses: get('text/uri-list'), plain: get('text/plain') };
}
