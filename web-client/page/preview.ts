import type { ClassifyResult, NetworkInput } from '@sld-edge/runtime';
import { element } from './element.ts';
import { ANSWER_TEXT as text } from './strings.ts';

/** Width or height in pixels below which an image is shown with its pixels as squares. */
const TINY = 96;

/** The image that was answered, and what the network saw of it. */
export interface Preview {
  show(file: Blob, result: Pick<ClassifyResult, 'image' | 'input'>): void;
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
    show(file, { image, input }) {
      clear();
      url = URL.createObjectURL(file);
      const tiny = image.width < TINY || image.height < TINY;
      const picture = element('img', { alt: text.given, src: url, class: tiny ? 'tiny' : '' });
      root.append(captioned(picture, text.yourImage, image), captioned(drawInput(input), text.modelSees, input));
      root.hidden = false;
    },
  };
}

function captioned(picture: HTMLElement, caption: string, { width, height }: { width: number; height: number }): HTMLElement {
  return element('figure', {}, picture, element('figcaption', {}, caption, element('span', {}, `${width} × ${height}`)));
}

function drawInput(input: NetworkInput): HTMLCanvasElement {
  const { width, height } = input;
  const canvas = element('canvas', { width: String(width), height: String(height), role: 'img', 'aria-label': text.networkInput });
  canvas.getContext('2d')?.putImageData(inputImage(input), 0, 0);
  return canvas;
}

/** The network's input as a picture, opaque; grey where it has one channel. */
export function inputImage({ width, height, channels, pixels }: NetworkInput): ImageData {
  const rgba = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgba.data[i * 4 + c] = pixels[i * channels + (channels === 3 ? c : 0)];
    rgba.data[i * 4 + 3] = 255;
  }
  return rgba;
}
