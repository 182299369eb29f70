/** Windows that slide over a feature map: convolutions and pools. */
import { windowCounts, type Padding } from '../../engines/padding.ts';
import type { ActivationShape } from './operation.ts';

export interface Window {
  kernel: number;
  stride: number;
  padding: Padding;
}

/** @throws Error if the window is larger than the padded map. */
export function windowedShape(from: ActivationShape, { kernel, stride, padding }: Window, channels: number): ActivationShape {
  const [height, width] = windowCounts(from, kernel, stride, padding);
  if (height < 1 || width < 1)
    throw new Error(
      `a ${kernel}x${kernel} window does not fit a feature map of ${from[0]}x${from[1]} pixels (padding ${String(padding)}): the images are too small for this network`,
    );
  return [height, width, channels];
}
