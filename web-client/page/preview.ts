import type { NetworkInput } from '../inference/protocol.ts';
import { element } from './element.ts';

/** Below this width or height in pixels, an image is shown with its pixels as squares. */
const TINY = 96;

/** The image that was answered, and what the network saw of it. */
export interface Preview {
  show(image: Blob, input: NetworkInput): void;
  clear(): void;
}

export function createPreview(root: HTMLElement): Preview {
  let url = '';

  const clear = (): void => {
    URL.revokeObjectURL(url);
    root.replaceChildren();
    root.hidden = true;
  };

  return {
    clear,
    show(image, input) {
      clear();
      url = URL.createObjectURL(image);
      const picture = element('img', { alt: 'The image you gave', src: url });
      picture.addEventListener('load', () => {
        picture.classList.toggle('tiny', picture.naturalWidth < TINY || picture.naturalHeight < TINY);
      });
      const caption = element('figcaption', {}, `What the model sees: ${input.width} × ${input.height}`);
      root.append(element('figure', {}, picture), element('figure', { class: 'seen' }, drawInput(input), caption));
      root.hidden = false;
    },
  };
}

function drawInput({ width, height, channels, pixels }: NetworkInput): HTMLCanvasElement {
  const canvas = element('canvas', { width: String(width), height: String(height), role: 'img', 'aria-label': 'The input of the network' });
  const rgba = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgba.data[i * 4 + c] = pixels[i * channels + (channels === 3 ? c : 0)];
    rgba.data[i * 4 + 3] = 255;
  }
  canvas.getContext('2d')?.putImageData(rgba, 0, 0);
  return canvas;
}
