import { sampleAffine } from './affine.ts';
import type { ImageOperation } from './operation.ts';

/** Magnitude: source columns per row. */
export const shearX: ImageOperation = {
  min: -0.3,
  max: 0.3,
  neutral: 0,
  apply: (image, magnitude, target) => sampleAffine(image, target, 1, magnitude, 0, 0, 1, 0),
};

/** Magnitude: source rows per column. */
export const shearY: ImageOperation = {
  min: -0.3,
  max: 0.3,
  neutral: 0,
  apply: (image, magnitude, target) => sampleAffine(image, target, 1, 0, 0, magnitude, 1, 0),
};

/** Magnitude: a fraction of the width; positive moves the picture to the left. */
export const translateX: ImageOperation = {
  min: -0.3,
  max: 0.3,
  neutral: 0,
  apply: (image, magnitude, target) => sampleAffine(image, target, 1, 0, magnitude * image.width, 0, 1, 0),
};

/** Magnitude: a fraction of the height; positive moves the picture up. */
export const translateY: ImageOperation = {
  min: -0.3,
  max: 0.3,
  neutral: 0,
  apply: (image, magnitude, target) => sampleAffine(image, target, 1, 0, 0, 0, 1, magnitude * image.height),
};

/** Magnitude: degrees counter-clockwise about the image's centre. */
export const rotate: ImageOperation = {
  min: -30,
  max: 30,
  neutral: 0,
  apply: (image, magnitude, target) => {
    let degrees = magnitude % 360;
    if (degrees < 0) degrees += 360;
    if (degrees === 0) {
      target.set(image.data);
      return;
    }
    const radians = -(degrees * (Math.PI / 180));
    const cos = toFifteenDecimals(Math.cos(radians));
    const sin = toFifteenDecimals(Math.sin(radians));
    const centreX = image.width / 2;
    const centreY = image.height / 2;
    const offsetX = cos * -centreX + sin * -centreY + centreX;
    const offsetY = -sin * -centreX + cos * -centreY + centreY;
    sampleAffine(image, target, cos, sin, offsetX, -sin, cos, offsetY);
  },
};

/** Pillow rounds so, which hides the last-digit differences between mathematics libraries. */
function toFifteenDecimals(value: number): number {
  return Number(value.toFixed(15));
}
