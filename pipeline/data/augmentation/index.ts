export type { ByteImage, ImageShape } from './byte-image.ts';
export { cutout } from './cutout.ts';
export { imageOperations } from './operations/index.ts';
export { createRandom, type Random } from './random.ts';
export { shuffle } from './shuffle.ts';
export { FLIPS, strongView, weakView, type Flip } from './views.ts';
