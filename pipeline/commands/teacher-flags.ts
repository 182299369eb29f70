/** Flags that state how a model sees images, for those who would rather not write a JSON file beside it. */
import type { TeacherSettings } from '../teachers/teacher.ts';
import { parseStatement } from '../teachers/statement.ts';
import { UsageError, type Flags, type FlagValues } from './flags.ts';

export const statementFlags: Flags = {
  network: { type: 'string', help: 'architecture of plain weights (default: found by their names and shapes)' },
  preprocessing: { type: 'string', help: 'JSON file on how the model sees images (default: the one beside it; docs/teachers.md)' },
  mean: { type: 'string', help: 'per channel, of values in [0, 1], as 0.485,0.456,0.406' },
  std: { type: 'string', help: 'per channel, as 0.229,0.224,0.225' },
  scale: { type: 'string', help: 'what levels 0 to 255 are multiplied by first (default 1/255)' },
  'input-size': { type: 'string', help: "the model's own input, as 224 or 224x320, height first" },
  fit: { type: 'string', help: 'cover (crop the middle; default) or stretch' },
  'channel-order': { type: 'string', help: 'rgb (default) or bgr' },
  layout: { type: 'string', help: "an ONNX model's nchw or nhwc (default: by its input's dimensions)" },
  output: { type: 'string', help: "an ONNX model's output by name (default: the only one)" },
  'output-kind': { type: 'string', help: "an ONNX model's logits (default) or probabilities" },
};

/** @throws UsageError or Error in one line for what can't be understood */
export function statementFrom(values: FlagValues): { settings: TeacherSettings; imageSize: number } {
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const numbers = (name: string): number[] | undefined => text(name)?.split(',').map((part) => number(name, part));
  const [height, width = height] = text('input-size')?.split('x').map((part) => number('input-size', part)) ?? [];
  const stated = {
    preprocessing: { mean: numbers('mean'), std: numbers('std'), scale: text('scale') === undefined ? undefined : number('scale', text('scale')!), height, width, fit: text('fit'), channelOrder: text('channel-order'), layout: text('layout') },
    output: { name: text('output'), kind: text('output-kind') },
  };
  const imageSize = text('image-size') === undefined ? (height !== undefined && height === width ? height : 0) : number('image-size', text('image-size')!);
  return {
    settings: { network: text('network'), sideFile: text('preprocessing'), stated: parseStatement(withoutUndefined(stated), 'the flags') },
    imageSize,
  };
}

function number(flag: string, part: string): number {
  const value = Number(part);
  if (part.trim() === '' || !Number.isFinite(value)) throw new UsageError(`--${flag} expects numbers, got "${part}"`);
  return value;
}

/** Keys that no flag gave are not stated. */
const withoutUndefined = (value: object): unknown => JSON.parse(JSON.stringify(value));
