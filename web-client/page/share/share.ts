import { element } from '../element.ts';
import { saveAs } from '../save-as.ts';
import { SHARE_TEXT as text } from '../panel-strings.ts';
import { answerPicture } from './answer-picture.ts';
import { answerText, type SharedAnswer } from './answer-text.ts';

/** Buttons that hand an answer on, and the words about what came of it. */
export interface ShareActions {
  buttons: HTMLElement[];
  /** Stands below the buttons; spoken when it changes. */
  outcome: HTMLElement;
}

/**
 * Makes the buttons to copy, save and share an answer. One that the browser has nothing for is left out.
 *
 * @param picture what was given
 * @param title of the model
 */
export function createShareActions(answer: SharedAnswer, picture: Blob, title: string): ShareActions {
  const outcome = element('div', { role: 'status', class: 'outcome' });
  const say = (...words: (string | Node)[]): void => outcome.replaceChildren(...words);
  const words = (): string => answerText(answer, location.href);
  const draw = (): Promise<Blob> => answerPicture(answer, picture, title);

  const copyText = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(words());
      say(text.copied);
    } catch {
      say(text.copyRefused, element('textarea', { readonly: true, rows: '8', 'aria-label': text.copyText }, words()));
    }
  };
  const save = async (): Promise<void> => {
    saveAs(text.fileName, 'image/png', await draw());
    say(text.pictureSaved);
  };
  const copyPicture = async (): Promise<void> => {
    try {
      // A promise is given, not awaited: Safari lets pages copy only while they handle the click.
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': draw() })]);
      say(text.pictureCopied);
    } catch {
      await save();
      say(text.pictureRefused);
    }
  };
  const share = async (): Promise<void> => {
    const file = new File([await draw()], text.fileName, { type: 'image/png' });
    const data: ShareData = { title, text: words() };
    try {
      await navigator.share(navigator.canShare?.({ files: [file] }) ? { ...data, files: [file] } : data);
      say(text.shared);
    } catch (thrown) {
      // Leaving the choice of a program is no mistake.
      if (thrown instanceof DOMException && thrown.name === 'AbortError') return say();
      say(text.shareRefused(thrown instanceof Error ? thrown.message : String(thrown)));
    }
  };

  const button = (label: string, run: () => Promise<void>): HTMLButtonElement => {
    const node = element('button', { type: 'button', class: 'quiet' }, label);
    node.addEventListener('click', () => void run().catch((thrown: unknown) => say(text.shareRefused(String(thrown)))));
    return node;
  };
  const canCopyPictures = typeof ClipboardItem !== 'undefined' && 'clipboard' in navigator;
  return {
    outcome,
    buttons: [
      button(text.copyText, copyText),
      ...(canCopyPictures ? [button(text.copyPicture, copyPicture)] : []),
      button(text.savePicture, save),
      ...('share' in navigator ? [button(text.share, share)] : []),
    ],
  };
}
