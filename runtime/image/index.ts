export { luma, toGrey } from './grey.ts';
export { DEFAULT_LIMITS, inspectImage, type ImageFormat, type ImageInfo, type ImageLimits } from './inspect.ts';
export { turnUpright, type Orientation } from './orientation.ts';
export { toPortable, type PortableFile } from './portable.ts';
export { normalise, preprocessToPixels } from './preprocess.ts';
export { resize, type Box } from './resize.ts';
export { yuvToRgb, type YuvImage, type YuvMatrix } from './yuv.ts';
export type { RgbImage } from './rgb-image.ts';
