/**
 * Grey or RGB, with or without alpha, to RGB on white: `c * a / 255`, rounded, `+ 255 - a`; of colours that are
 * multiplied by the alpha already `c + 255 - a`, at most 255.
 *
 * Not libvips' `flatten`, which truncates the quotient: browsers round it, and the result is to be theirs bit for bit.
 *
 * @param data - 8 bits a sample, pixel by pixel; of four channels it is written over, so that no second picture is held
 * @param channels - 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
 * @returns 3 bytes a pixel
 */
export function onWhite(data: Uint8Array, channels: number, premultiplied = false): Uint8Array {
  const hasAlpha = channels === 2 || channels === 4;
  const colours = hasAlpha ? channels - 1 : channels;
  const rgb = channels === 4 ? data.subarray(0, (data.length / 4) * 3) : new Uint8Array((data.length / channels) * 3);
  for (let from = 0, to = 0; from < data.length; from += channels) {
    const alpha = hasAlpha ? data[from + colours] : 255;
    for (let k = 0; k < 3; k++) {
      const colour = data[from + (colours === 1 ? 0 : k)];
      const share = premultiplied ? Math.min(colour, alpha) : Math.floor((colour * alpha + 127) / 255);
      rgb[to++] = share + 255 - alpha;
    }
  }
  return rgb;
}

/**
 * RGB with alpha.
 *
 * @param alpha - as a grey picture in RGB
 * @returns 4 bytes a pixel
 */
export function withAlpha(rgb: Uint8Array, alpha: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from];
    rgba[to + 1] = rgb[from + 1];
    rgba[to + 2] = rgb[from + 2];
    rgba[to + 3] = alpha[from];
  }
  return rgba;
}
