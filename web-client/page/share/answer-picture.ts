import { formatPercent } from '../format.ts';
import { SHARE_TEXT as text } from '../panel-strings.ts';
import type { SharedAnswer } from './answer-text.ts';

/** Size in pixels at which messengers show pictures without cutting them. */
const [WIDTH, HEIGHT] = [1200, 630];
const MARGIN = 60;
const SHOWN = 4;
/** The picture stands on the left, the answer beside it. */
const PICTURE = HEIGHT - 2 * MARGIN;
/** Room beside a label for its percentage. */
const PERCENT_ROOM = 120;
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif';
const COLOURS = { ground: '#f5f6fb', text: '#161929', muted: '#535972', accent: '#4338ca', bar: '#b9b5ee', track: '#e4e6f1' };

/**
 * Draws an answer beside its picture.
 *
 * @param picture what was given
 * @param title of the model
 * @returns a PNG
 * @throws DOMException where the browser cannot open the picture or draw
 */
export async function answerPicture(answer: SharedAnswer, picture: Blob, title: string): Promise<Blob> {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext('2d')!;
  context.fillStyle = COLOURS.ground;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  const bitmap = await createImageBitmap(picture);
  drawFitting(context, bitmap);
  bitmap.close();

  const left = MARGIN + PICTURE + 48;
  const room = WIDTH - MARGIN - left;
  const write = (words: string, top: number, size: number, colour: string, weight = 400, width = room): void => {
    context.font = `${weight} ${size}px ${FONT}`;
    context.fillStyle = colour;
    context.textAlign = 'left';
    context.fillText(
      fitting(words, (part) => context.measureText(part).width, width),
      left,
      top,
    );
  };
  const writeAtEnd = (words: string, top: number, size: number): void => {
    context.font = `${size}px ${FONT}`;
    context.fillStyle = COLOURS.muted;
    context.textAlign = 'right';
    context.fillText(words, left + room, top);
  };
  const [best] = answer.predictions;
  write(best.label, MARGIN + 54, 54, COLOURS.text, 700);
  write(formatPercent(best.probability), MARGIN + 104, 34, COLOURS.muted);
  if (answer.abstained) write(text.unsure, MARGIN + 146, 26, COLOURS.muted);
  for (const [place, { label, probability }] of answer.predictions.slice(0, SHOWN).entries()) {
    const top = MARGIN + 190 + place * 72;
    write(label, top, 26, COLOURS.text, 400, room - PERCENT_ROOM);
    writeAtEnd(formatPercent(probability), top, 26);
    context.fillStyle = COLOURS.track;
    context.fillRect(left, top + 14, room, 16);
    context.fillStyle = place === 0 ? COLOURS.accent : COLOURS.bar;
    context.fillRect(left, top + 14, Math.max(2, room * probability), 16);
  }
  write(`${title}, ${answer.variant}`, HEIGHT - MARGIN, 24, COLOURS.muted);
  return canvas.convertToBlob({ type: 'image/png' });
}

/** Whole, in the middle of its square; small ones with their pixels as squares. */
function drawFitting(context: OffscreenCanvasRenderingContext2D, bitmap: ImageBitmap): void {
  const scale = Math.min(PICTURE / bitmap.width, PICTURE / bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  context.imageSmoothingEnabled = scale < 4;
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, MARGIN + (PICTURE - width) / 2, MARGIN + (PICTURE - height) / 2, width, height);
}

/** Shortens words to a width. @param widthOf measures words as they will be drawn */
export function fitting(words: string, widthOf: (words: string) => number, room: number): string {
  if (widthOf(words) <= room) return words;
  // By what people take for characters: half of one would be another, or none.
  const characters = [...words];
  while (characters.length > 1 && widthOf(`${characters.join('')}…`) > room) characters.pop();
  return `${characters.join('').trimEnd()}…`;
}
