/**
 * Parts of every chart: escaped text, a labelled frame, round numbers on an axis, colours by class so that light, dark and print each have
 * theirs.
 */

export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** One decimal is a tenth of a pixel. */
export const px = (value: number): string => value.toFixed(1);

/** @param label what the picture shows, for who can't see it */
export function svg(label: string, width: number, height: number, parts: string[]): string {
  return `<svg role="img" aria-label="${escape(label)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" width="${Math.ceil(width)}" style="--width:${Math.ceil(width)}px"><title>${escape(label)}</title>${parts.join('')}</svg>`;
}

/** Text as it fits into so many characters; what is cut shows in full on hovering. */
export function fitted(text: string, characters: number): string {
  if (text.length <= characters) return escape(text);
  return `<title>${escape(text)}</title>${escape(text.slice(0, characters - 1))}…`;
}

/** Pixels that a character of the charts' 12-pixel text takes at most, plain and bold, whatever the system's font. */
export const CHARACTER = 7;
export const STRONG_CHARACTER = 7.8;

/** Colours that stay apart for the colour-blind (after Okabe and Ito), as classes: `s0` … `s7`, for `currentColor`. */
const LIGHT = ['#0072b2', '#c44f00', '#007a5a', '#a63d7c', '#7a6200', '#555555', '#6a3d9a', '#8a4b2d'];
const DARK = ['#56b4e9', '#ff9a52', '#2fc79a', '#ea96c8', '#e6c229', '#c8c8c8', '#b79cf0', '#d9a58a'];
/** And patterns, so that colour is never all that tells lines apart. */
const DASHES = ['', '7 3', '2 3', '9 3 2 3', '12 4', '4 2 1 2', '1 4', '14 3 3 3'];

export const seriesClass = (index: number): string => `s${index % LIGHT.length}`;
export const seriesDash = (index: number): string =>
  DASHES[index % DASHES.length] ? ` stroke-dasharray="${DASHES[index % DASHES.length]}"` : '';

const classes = (colours: string[]): string => colours.map((colour, i) => `.s${i}{color:${colour}}`).join('');
export const SERIES_STYLE = `${classes(LIGHT)}@media screen and (prefers-color-scheme:dark){${classes(DARK)}}`;

/** Round numbers (1, 2 or 5 times a power of ten apart) that cover `low` to `high`, about `wanted` of them. */
export function ticks(low: number, high: number, wanted = 5): number[] {
  const rough = (high - low) / wanted;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((candidate) => candidate >= rough * 0.999) ?? rough;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step);
}
