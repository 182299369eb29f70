/** Settings of the teacher; and those that state how any model sees images, for those who would rather not write a JSON file beside it. */
import { createDistiller } from '../distillers/index.ts';
import type { SettingTable, Values } from '../support/setting.ts';
import { number, numbers, oneName, optional, path, text, whole, type ValueKind } from '../support/value.ts';
import { OUTPUT_KINDS, type OutputKind } from './teacher-handle.ts';
import { parseStatement } from './statement.ts';
import type { TeacherSettings } from './teacher.ts';

export const teacherSettings = {
  teacher: {
    ...text('resnet20.fashion-mnist'),
    help: 'a teacher by name, or a .safetensors, .pth, .th, .pt or .onnx file (docs/teachers.md)',
    group: 'learning',
    decides: 'weights',
    isFirst: true,
    isKept: true,
    unused: withoutTeacher,
  },
  teacherNetwork: {
    ...text(''),
    help: "the teacher's architecture, where its file does not say it",
    group: 'learning',
    decides: 'weights',
    isKept: true,
    unused: withoutTeacher,
  },
  teacherPreprocessing: {
    ...text(''),
    help: 'JSON file on how the teacher sees images; empty: the one beside its checkpoint',
    group: 'learning',
    decides: 'weights',
    isKept: true,
    unused: withoutTeacher,
  },
  cacheTeacher: {
    ...whole(0, { from: 0 }),
    help: 'fixed sets of views, among which epochs take turns, and whose teacher logits are kept on disk; 0: fresh views every epoch',
    unit: 'sets',
    group: 'learning',
    decides: 'weights',
  },
} as const satisfies SettingTable;

export type TeacherChoice = Values<typeof teacherSettings>;

function withoutTeacher({ method, methodOptions }: Readonly<Record<string, unknown>>): string | undefined {
  return createDistiller(method as string, { epochs: 1 }, methodOptions as object).needsTeacher
    ? undefined
    : `the method ${method as string} learns from the labels alone`;
}

/** `224` or `224x320`, height first. */
const imageSizeText: ValueKind<readonly number[]> = {
  default: [],
  allowed: 'pixels as 224 or 224x320, height first',
  holds: (v) =>
    Array.isArray(v) && (v.length === 1 || v.length === 2) && v.every((side) => Number.isInteger(side) && side >= 1 && side <= 4096),
  parse: (text) => text.split('x').map((part) => (part.trim() === '' ? NaN : Number(part))),
};

const state = { group: 'learning', decides: 'nothing' } as const;

/** Settings of a model's view of images and of its answer, as a JSON file beside it may state them (docs/teachers.md). */
export const statementSettings = {
  network: { ...state, ...optional(text('')), help: 'architecture of plain weights; without it, found by their names and shapes' },
  preprocessing: {
    ...state,
    ...optional(path('')),
    help: 'JSON file on how the model sees images; without it, the one beside the model (docs/teachers.md)',
  },
  mean: { ...state, ...optional(numbers([], {})), help: 'mean per channel of values in [0, 1], as 0.485,0.456,0.406' },
  std: { ...state, ...optional(numbers([], { above: 0 })), help: 'standard deviation per channel, as 0.229,0.224,0.225' },
  scale: { ...state, ...optional(number(0, { above: 0 })), help: 'what levels 0 to 255 are multiplied by first; without it, by 1/255' },
  inputSize: { ...state, ...optional(imageSizeText), help: "the model's own input size, as 224 or 224x320, height first", unit: 'pixels' },
  fit: { ...state, ...optional(oneName('cover', ['cover', 'stretch'])), help: 'cover (crop the middle), which is usual, or stretch' },
  channelOrder: { ...state, ...optional(oneName('rgb', ['rgb', 'bgr'])), help: 'rgb, which is usual, or bgr' },
  layout: {
    ...state,
    ...optional(oneName('nchw', ['nchw', 'nhwc'])),
    help: "an ONNX model's layout; without it, by its input's dimensions",
  },
  output: { ...state, ...optional(text('')), help: "an ONNX model's output by name; without it, the only one" },
  outputKind: {
    ...state,
    ...optional(oneName<OutputKind>('logits', OUTPUT_KINDS)),
    help: 'what an ONNX model answers: logits, which is usual, probabilities, or sigmoid: the probability of each class by itself',
  },
} as const satisfies SettingTable;

export type StatementSettings = Values<typeof statementSettings>;

/**
 * @param imageSize side that a folder's images are brought to, where it was stated
 * @returns how the model is loaded, and the side for its data: as stated, else the model's own
 * @throws Error in one line for what can't be understood
 */
export function statementOf(stated: Partial<StatementSettings>, imageSize?: number): { settings: TeacherSettings; imageSize: number } {
  const { network, preprocessing, mean, std, scale, fit, channelOrder, layout, output, outputKind } = stated;
  const [height, width = height] = stated.inputSize ?? [];
  const said = {
    preprocessing: { mean, std, scale, height, width, fit, channelOrder, layout },
    output: { name: output, kind: outputKind },
  };
  return {
    settings: { network, sideFile: preprocessing, stated: parseStatement(withoutUndefined(said), 'the flags') },
    imageSize: imageSize ?? (height !== undefined && height === width ? height : 0),
  };
}

/** Keys that no flag gave are not stated. */
const withoutUndefined = (value: object): unknown => JSON.parse(JSON.stringify(value));
