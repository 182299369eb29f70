/** The loops that our kernels are made of. */
import { FunctionBuilder, four, i32, one, type Code, type Lanes, type Local } from '@sld-edge/runtime/integer';

export const advanceBy = (local: Local, by: Code | number): Code =>
  local.set(i32.add(local.get, typeof by === 'number' ? i32.constant(by) : by));

/** Channels (or other neighbours in memory) that one turn takes: `width` times `lanes.count`. */
export interface ChannelBlock {
  lanes: Lanes;
  width: number;
}

const BLOCKS: ChannelBlock[] = [
  { lanes: four, width: 4 },
  { lanes: four, width: 1 },
  { lanes: one, width: 1 },
];

/**
 * Takes `left` channels, sixteen, four or one at a time.
 * @param pointers move on with the channels
 */
export function acrossChannels(left: Local, pointers: Local[], body: (span: ChannelBlock) => Code, spans = BLOCKS): Code {
  return spans.flatMap((span) => {
    const count = span.lanes.count * span.width;
    return FunctionBuilder.while(i32.lessOrEqual(i32.constant(count), left.get), [
      ...body(span),
      ...pointers.flatMap((pointer) => advanceBy(pointer, count * 4)),
      ...left.set(i32.sub(left.get, i32.constant(count))),
    ]);
  });
}

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** `count` registers of each kind of lanes. */
export function registers(built: FunctionBuilder, count: number): Record<Lanes['type'], Local[]> {
  const of = (type: Lanes['type']): Local[] => range(count).map(() => built.local(type));
  return { v128: of('v128'), f32: of('f32') };
}
