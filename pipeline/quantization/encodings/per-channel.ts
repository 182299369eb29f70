import type { Encoding, ScaleRule } from './encoding.ts';
import { roundPerChannel, type ChannelRounding } from './round-per-channel.ts';

const perChannel =
  (summary: string, rounding: Omit<ChannelRounding, 'scale'>) =>
  (scale: ScaleRule): Encoding => ({ summary: `${summary}, ${scale === 'largest' ? 'by its largest weight' : 'of least squared error'}`, stock: false, biases: false, scale, encode: (tensor) => roundPerChannel(tensor, { ...rounding, scale }) });

export const int8 = perChannel('8 bits, a scale for each output channel', { dtype: 'int8' });
export const int4 = perChannel('4 bits, a scale for each output channel', { dtype: 'int4' });
export const int4g32 = perChannel("4 bits, a scale for every 32 of an output channel's weights", { dtype: 'int4', groupSize: 32 });
