/** One weight position of a depthwise convolution's gradients, and pixels put at a distance: each channel for itself. */
import { FunctionBuilder, type Code, type Local } from '@sld-edge/runtime/integer';
import { acrossChannels, advanceBy, range, registers, type ChannelBlock } from './loops.ts';

type Strided = 'a' | 'b' | 'channel' | 'rows' | 'columns' | 'aRow' | 'aColumn' | 'bRow' | 'bColumn' | 'channels';

/** Visits the pixels of two images, `aRow` and `aColumn` bytes apart in the one, `bRow` and `bColumn` in the other; `channel` points to one value a channel. */
function pixelwise(
  of: (
    built: FunctionBuilder<Strided>,
    pointers: { aAt: Local; bAt: Local; channel: Local },
  ) => (span: ChannelBlock) => { before: Code; pixel: Code; after: Code },
): FunctionBuilder<Strided> {
  const built = new FunctionBuilder<Strided>({
    a: 'i32',
    b: 'i32',
    channel: 'i32',
    rows: 'i32',
    columns: 'i32',
    aRow: 'i32',
    aColumn: 'i32',
    bRow: 'i32',
    bColumn: 'i32',
    channels: 'i32',
  });
  const { a, b, channel, rows, columns, aRow, aColumn, bRow, bColumn, channels } = built.parameters;
  const [aAtRow, bAtRow, aAt, bAt, row, column] = range(6).map(() => built.local('i32'));
  const parts = of(built, { aAt, bAt, channel });
  built.body = acrossChannels(channels, [a, b, channel], (span) => {
    const { before, pixel, after } = parts(span);
    return [
      ...before,
      ...aAtRow.set(a.get),
      ...bAtRow.set(b.get),
      ...FunctionBuilder.times(row, rows.get, [
        ...aAt.set(aAtRow.get),
        ...bAt.set(bAtRow.get),
        ...FunctionBuilder.times(column, columns.get, [...pixel, ...advanceBy(aAt, aColumn.get), ...advanceBy(bAt, bColumn.get)]),
        ...advanceBy(aAtRow, aRow.get),
        ...advanceBy(bAtRow, bRow.get),
      ]),
      ...after,
    ];
  });
  return built;
}

/** channel[c] ← channel[c] + Σ over pixels of a[c]·b[c] */
export const correlateChannels = () =>
  pixelwise((built, { aAt, bAt, channel }) => {
    const sums = registers(built, 4);
    return ({ lanes, width }) => {
      const each = (code: (sum: Local, offset: number) => Code): Code =>
        range(width).flatMap((i) => code(sums[lanes.type][i], i * lanes.count * 4));
      return {
        before: each((sum, offset) => sum.set(lanes.load(channel.get, offset))),
        pixel: each((sum, offset) => sum.set(lanes.add(sum.get, lanes.mul(lanes.load(aAt.get, offset), lanes.load(bAt.get, offset))))),
        after: each((sum, offset) => lanes.store(channel.get, sum.get, offset)),
      };
    };
  });

/** b[c] ← b[c] + a[c]·channel[c] at every pixel */
export const addScaledPixels = () =>
  pixelwise((built, { aAt, bAt, channel }) => {
    const factors = registers(built, 4);
    return ({ lanes, width }) => {
      const each = (code: (factor: Local, offset: number) => Code): Code =>
        range(width).flatMap((i) => code(factors[lanes.type][i], i * lanes.count * 4));
      return {
        before: each((factor, offset) => factor.set(lanes.load(channel.get, offset))),
        pixel: each((factor, offset) =>
          lanes.store(bAt.get, lanes.add(lanes.load(bAt.get, offset), lanes.mul(lanes.load(aAt.get, offset), factor.get)), offset),
        ),
        after: [],
      };
    };
  });

/** b[c] ← a[c] at every pixel */
export const copyPixels = () =>
  pixelwise((_built, { aAt, bAt }) => ({ lanes, width }) => ({
    before: [],
    pixel: range(width).flatMap((i) => lanes.store(bAt.get, lanes.load(aAt.get, i * lanes.count * 4), i * lanes.count * 4)),
    after: [],
  }));
