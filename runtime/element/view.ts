import type { ClassifyResult } from '../browser/protocol.ts';

/** Words that the element shows; others may be assigned, in another language. */
export const ELEMENT_TEXT = {
  prompt: 'Choose a picture, or drop it here',
  promptMany: 'Choose pictures, or drop them here',
  loading: 'Getting the model ready…',
  ready: 'Ready',
  working: 'Looking…',
  unsure: 'not sure',
  camera: 'Use the camera',
  stopCamera: 'Stop the camera',
  answers: 'The likeliest classes',
  percent: (probability: number): string => `${(100 * probability).toFixed(1)} %`,
};

/** Style of the element alone: adopted, for a policy may refuse style elements. */
const STYLE = `
:host { display: block; font: inherit; color: inherit; }
:host([hidden]) { display: none; }
[part=root] { display: grid; gap: .75rem; padding: 1rem; border: 1px dashed currentColor; border-radius: .5rem; }
[part=root].over { outline: 2px solid; outline-offset: 2px; }
[part=controls] { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; }
[part=button] { font: inherit; padding: .4em .9em; cursor: pointer; }
[part=input] { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
[part=status], [part=error] { margin: 0; }
[part=error] { font-weight: 600; }
[part=answers] { display: grid; gap: 1rem; margin: 0; padding: 0; list-style: none; }
[part=answer] { display: grid; grid-template-columns: auto 1fr; gap: .75rem; align-items: start; }
[part=preview], [part=video] { max-width: 100%; width: 8rem; height: auto; border-radius: .25rem; }
[part=video] { width: 20rem; }
[part=predictions] { margin: 0; padding: 0; list-style: none; display: grid; gap: .25rem; min-width: 0; }
[part~=prediction] { display: grid; grid-template-columns: 1fr auto; gap: 0 1ch; overflow-wrap: anywhere; }
[part=bar] { grid-column: 1 / -1; height: .3rem; border-radius: .15rem; background: currentColor; opacity: .6; }
[part=unsure] { font-style: italic; }
`;

let sheet: CSSStyleSheet | undefined;

function sharedSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  return sheet;
}

type Attributes = Record<string, string | boolean>;

/** Builds an element with a part of its name. Text is always text. */
function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  part: string,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (part) made.setAttribute('part', part);
  for (const [name, value] of Object.entries(attributes)) if (value !== false) made.setAttribute(name, value === true ? '' : value);
  made.append(...children);
  return made;
}

/** Parts of the element's shadow tree that change. */
export interface ElementView {
  root: HTMLElement;
  input: HTMLInputElement;
  button: HTMLButtonElement;
  cameraButton: HTMLButtonElement;
  video: HTMLVideoElement;
  say(status: string): void;
  complain(message: string): void;
  show(answers: readonly HTMLElement[]): void;
}

export function createView(shadow: ShadowRoot): ElementView {
  shadow.adoptedStyleSheets = [sharedSheet()];
  const input = make('input', 'input', { type: 'file', accept: 'image/*', tabindex: '-1', 'aria-hidden': 'true' });
  const button = make('button', 'button', { type: 'button' }, make('slot', '', { name: 'prompt' }, ELEMENT_TEXT.prompt));
  const cameraButton = make('button', 'button', { type: 'button', hidden: true }, ELEMENT_TEXT.camera);
  const video = make('video', 'video', { playsinline: true, muted: true, hidden: true });
  video.muted = true;
  const status = make('p', 'status', { role: 'status' });
  const error = make('p', 'error', { role: 'alert', hidden: true });
  const answers = make('ul', 'answers', { 'aria-live': 'polite' });
  const root = make(
    'div',
    'root',
    {},
    make('div', 'controls', {}, button, input, cameraButton),
    status,
    error,
    video,
    answers,
    make('slot', '', { name: 'footer' }),
  );
  shadow.append(root);
  return {
    root,
    input,
    button,
    cameraButton,
    video,
    say(text) {
      if (status.textContent !== text) status.textContent = text;
    },
    complain(message) {
      error.textContent = message;
      error.hidden = message === '';
    },
    show: (shown) => answers.replaceChildren(...shown),
  };
}

/** Shows an answer, with the picture if there is one. */
export function answerItem({ predictions, abstained }: ClassifyResult, preview?: HTMLElement): HTMLElement {
  const bars = predictions.map(({ label, probability }, i) => {
    const bar = make('span', 'bar', { 'aria-hidden': 'true' });
    bar.style.width = `${Math.max(100 * probability, 0.4)}%`;
    return make(
      'li',
      i === 0 ? 'prediction best' : 'prediction',
      {},
      make('span', 'label', {}, label),
      make('span', 'probability', {}, ELEMENT_TEXT.percent(probability)),
      bar,
    );
  });
  const list = make('ol', 'predictions', { 'aria-label': ELEMENT_TEXT.answers }, ...bars);
  const words = make('div', '', {}, list, ...(abstained ? [make('span', 'unsure', {}, ELEMENT_TEXT.unsure)] : []));
  return make('li', 'answer', {}, ...(preview ? [preview] : []), words);
}

const PREVIEW_SIDE = 256;

/** Draws a small preview: an address of the kind `blob:` is refused by many policies. */
export async function previewOf(image: Blob): Promise<HTMLElement | undefined> {
  try {
    const bitmap = await createImageBitmap(image);
    const scale = Math.min(1, PREVIEW_SIDE / Math.max(bitmap.width, bitmap.height));
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    const canvas = make('canvas', 'preview', { width: String(width), height: String(height), 'aria-hidden': 'true' });
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    return canvas;
  } catch {
    // The answer says what is wrong with it.
    return undefined;
  }
}
