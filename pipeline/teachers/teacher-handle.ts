import type { Preprocessing } from '@sld-edge/runtime';
import type { FrozenNetwork } from '../networks/freeze.ts';
import type { OnnxClassifier } from '../evaluation/onnx-session.ts';
import { PLAIN_SCALE, type ModelPreprocessing } from '../evaluation/model-input.ts';

/** `sigmoid`: each output is the probability of its class by itself. */
export const OUTPUT_KINDS = ['logits', 'probabilities', 'sigmoid'] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

interface HandleBase {
  preprocessing: ModelPreprocessing;
  /** Number of classes of the data set, and so of logits. */
  classes: number;
  /** Outputs of the model; absent: as many as classes. */
  outputs?: number;
  /** Place of each class of the data among the teacher's outputs; absent: the same. */
  classOrder?: number[];
}

export interface NetworkHandle extends HandleBase {
  kind: 'network';
  network: FrozenNetwork;
}

export interface OnnxHandle extends HandleBase, Required<OnnxClassifier> {
  kind: 'onnx';
  /** The model's file. */
  model: string;
  /** Kind of the model's output. */
  kindOfOutput: OutputKind;
  /** The model has one output, which speaks of the second of two classes. */
  binary?: true;
}

/** A teacher as plain data, which a worker thread opens (`openTeacherRunner`). */
export type TeacherHandle = NetworkHandle | OnnxHandle;

/** Classes of the data, and the outputs that they are among. */
export const classesOf = ({ labels }: { labels: readonly string[] }, outputs: number): Pick<HandleBase, 'classes' | 'outputs'> => ({
  classes: labels.length,
  ...(outputs !== labels.length && { outputs }),
});

/** A network that sees images as one of our data sets is preprocessed, with its classes. */
export function networkHandle(network: FrozenNetwork, preprocessing: Preprocessing): NetworkHandle {
  return {
    kind: 'network',
    network,
    preprocessing: { ...preprocessing, scale: PLAIN_SCALE, channelOrder: 'rgb' },
    classes: network.classes,
  };
}
