/** A teacher that comes as an ONNX model: what its inputs and outputs say, held against what is stated of it. */
import type { InferenceSession } from 'onnxruntime-node';
import { classOrder } from './class-order.ts';
import { classesOf, type OnnxHandle, type OutputKind } from './teacher-handle.ts';
import { createOnnxSession, INPUT_TYPES, openOnnx, type InputType } from '../evaluation/onnx-session.ts';
import type { ImageSize } from '../evaluation/model-input.ts';
import { completePreprocessing, type StatedPreprocessing, type TeacherStatement } from './statement.ts';

type TensorMetadata = InferenceSession.TensorValueMetadata;
type Layout = OnnxHandle['layout'];

export interface FittingData {
  name: string;
  labels: string[];
  inputShape: ImageSize;
}

/** @throws Error in one line: no such model, an input that takes no images, other sizes or classes than stated */
export async function openOnnxTeacher(path: string, data: FittingData, statement: TeacherStatement): Promise<OnnxHandle> {
  const session = await createOnnxSession(path);
  try {
    return await describe(session, path, data, statement);
  } finally {
    await session.release();
  }
}

async function describe(session: InferenceSession, path: string, data: FittingData, statement: TeacherStatement): Promise<OnnxHandle> {
  const input = chosen(path, 'input', session.inputMetadata, statement.input);
  const output = chosen(path, 'output', session.outputMetadata, statement.output?.name);
  const stated = statement.preprocessing ?? {};
  const { layout, size, batch } = inputOf(path, input, stated, data.inputShape);
  const inputType = input.type as InputType;
  const preprocessing = completePreprocessing(path, inputType === 'uint8' ? levelsStated(path, input.name, stated) : stated, size);
  const kindOfOutput: OutputKind = statement.output?.kind ?? 'logits';
  const draft = {
    kind: 'onnx' as const,
    model: path,
    preprocessing,
    input: input.name,
    output: output.name,
    layout,
    batch,
    inputType,
    kindOfOutput,
  };
  const outputs = await outputClasses(session, draft);
  // One output tells two classes apart.
  const classes = outputs === 1 ? 2 : outputs;
  const order = classOrder(path, statement.labels, classes, data);
  return { ...draft, ...classesOf(data, classes), ...(outputs === 1 && { binary: true as const }), ...(order && { classOrder: order }) };
}

function chosen(
  path: string,
  what: 'input' | 'output',
  all: readonly InferenceSession.ValueMetadata[],
  name: string | undefined,
): TensorMetadata {
  const names = all.map((value) => value.name).join(', ');
  const key = what === 'input' ? '"input": NAME' : '"output": {"name": NAME}';
  if (name === undefined && all.length !== 1)
    throw new Error(`${path} has the ${what}s ${names}; state which with ${key} in the JSON file beside it`);
  const value = name === undefined ? all[0] : all.find((candidate) => candidate.name === name);
  if (!value) throw new Error(`${path} has no ${what} "${name}"; it has ${names}`);
  const types: readonly string[] = what === 'input' ? INPUT_TYPES : ['float32', 'float16'];
  if (!value.isTensor || !types.includes(value.type))
    throw new Error(`the ${what} "${value.name}" of ${path} is ${value.isTensor ? value.type : 'no tensor'}; expected ${types.join(', ')}`);
  return value;
}

/** Levels go into a model of bytes as they are. @throws Error in one line where a normalisation is stated all the same */
function levelsStated(path: string, input: string, stated: StatedPreprocessing): StatedPreprocessing {
  const channels = stated.channels ?? stated.mean?.length ?? 3;
  const { mean = Array<number>(channels).fill(0), std = Array<number>(channels).fill(1), scale = 1 } = stated;
  if (scale !== 1 || mean.some((value) => value !== 0) || std.some((value) => value !== 1))
    throw new Error(`the input "${input}" of ${path} is uint8: the model normalises images itself, leave out mean, std and scale`);
  return { ...stated, mean, std, scale };
}

/** Layout, size and batch by the input's dimensions; where they are open, by what is stated, then by the data. */
function inputOf(
  path: string,
  { name, shape }: TensorMetadata,
  stated: StatedPreprocessing,
  data: ImageSize,
): { layout: Layout; size: ImageSize; batch: number } {
  const text = `the input "${name}" [${shape.join(', ')}] of ${path}`;
  if (shape.length !== 4)
    throw new Error(`${text} has ${shape.length} dimensions; images have 4: batch, channels, height and width in either order`);
  const fixed = shape.map((dimension) => (typeof dimension === 'number' && dimension > 0 ? dimension : undefined));
  const layout = stated.layout ?? layoutByNames(shape) ?? layoutOf(text, fixed);
  const [channelsAt, heightAt, widthAt] = layout === 'nchw' ? [1, 2, 3] : [3, 1, 2];
  const resolve = (key: 'height' | 'width' | 'channels', at: number, otherwise: number): number => {
    const own = fixed[at];
    if (own !== undefined && stated[key] !== undefined && stated[key] !== own)
      throw new Error(`${text} has ${key} ${own} (${layout}), ${stated[key]} is stated`);
    return own ?? stated[key] ?? otherwise;
  };
  const size = {
    height: resolve('height', heightAt, data.height),
    width: resolve('width', widthAt, data.width),
    channels: resolve('channels', channelsAt, stated.mean?.length ?? data.channels),
  };
  if (size.channels !== 1 && size.channels !== 3) throw new Error(`${text} has ${size.channels} channels (${layout}); allowed: 1, 3`);
  return { layout, size, batch: fixed[0] ?? 0 };
}

/** Finds the layout by the dimensions' names, as exporters give them: `batch_size, num_channels, height, width`. */
function layoutByNames(shape: readonly (number | string)[]): Layout | undefined {
  const isNamed = (at: number, word: string): boolean => typeof shape[at] === 'string' && shape[at].toLowerCase().includes(word);
  if (isNamed(1, 'channel') && isNamed(2, 'height') && isNamed(3, 'width')) return 'nchw';
  return isNamed(1, 'height') && isNamed(2, 'width') && isNamed(3, 'channel') ? 'nhwc' : undefined;
}

function layoutOf(text: string, fixed: (number | undefined)[]): Layout {
  const mayBeChannels = (size: number | undefined): boolean => size === 1 || size === 3;
  const [first, last] = [mayBeChannels(fixed[1]), mayBeChannels(fixed[3])];
  if (first !== last) return first ? 'nchw' : 'nhwc';
  throw new Error(`${text} may be NCHW or NHWC: state {"preprocessing": {"layout": "nchw"}} or "nhwc" in the JSON file beside it`);
}

/** The classes that a run on black images gives: also the proof that the model runs here. */
async function outputClasses(session: InferenceSession, { preprocessing, ...model }: Omit<OnnxHandle, 'classes'>): Promise<number> {
  const { height, width, channels } = preprocessing;
  const count = model.batch || 1;
  const { run } = await openOnnx(model, undefined, session);
  return (await run(new Float32Array(count * height * width * channels), count, preprocessing)).length / count;
}
