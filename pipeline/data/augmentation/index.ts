export type { ByteImage, ImageShape } from './byte-image.ts';
export { cutout } from './cutout.ts';
export { flipLeftRight, flipsLeftRight, flipsUpDown, flipUpDown, type Flip } from './flip.ts';
export { drawMix, mixInto } from './mixing.ts';
export { imageOperations } from './operations/index.ts';
export { createRandom, type Random } from './random.ts';
export { shuffle } from './shuffle.ts';
export type { ResizedCrop } from './resized-crop.ts';
export { PUBLISHED, strongView, weakView, type Augmentation } from './views.ts';
