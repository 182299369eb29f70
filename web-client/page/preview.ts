import type { NetworkInput } from '../inference/protocol.ts';
import { element } from './element.ts';

/** Below this width or height in pixels, an image is shown with its pixels as squares. */
const TINY = 96;

/** The image that was given and, once it is classified, what the network saw of it. */
export interface Preview {
  showImage(image: Blob): void;
  showInput(input: NetworkInput): void;
}

export function createPreview(root: HTMLElement): Preview {
  let url: string | undefined;
  let input: HTMLElement | undefined;

  return {
    showImage(image) {
      if (url) URL.revokeObjectURL(url);
      url = URL.createObjectURL(image);
      const picture = element('img', { alt: 'The image you gave', src: url });
      picture.addEventListener('load', () => {
        picture.classList.toggle('tiny', picture.naturalWidth < TINY || picture.naturalHeight < TINY);
      });
      // What is not an image is told by the error; a broken picture beside it would say nothing more.
      picture.addEventListener('error', () => (root.hidden = true));
      input = undefined;
      root.replaceChildren(element('figure', {}, picture));
      root.hidden = false;
    },
    showInput(seen) {
      input?.remove();
      input = element(
        'figure',
        { class: 'seen' },
        drawInput(seen),
        element('figcaption', {}, `What the model sees: ${seen.width} × ${seen.height}`),
      );
      root.append(input);
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
