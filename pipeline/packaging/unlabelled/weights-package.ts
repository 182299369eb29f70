/** Parts of which the package of somebody's weights, its card and its report are made. */
import type { RunData } from '../../data/run-data.ts';
import type { Pretrained } from '../../teachers/pretrained/index.ts';
import type { GoldenMeasurements } from '../measure-goldens.ts';
import type { MeasuredVariants } from '../measured-variant.ts';
import type { VariantName } from '@sld-edge/runtime';
import type { CarriedSample } from './carried-pictures.ts';

/** Pictures by the name of their folder. */
export interface PicturesRecord {
  name: string;
  count: number;
  /** SHA-256 of the list of SHA-256 and path of all files. */
  checksum: string;
}

export interface WeightsPackage {
  name: string;
  title: string;
  weights: Pretrained;
  networkName: string;
  parameters: number;
  /** Sets whose labels are float32's answers: calibration as `train`, deciding as `validation`, reporting as `test`. */
  data: RunData;
  /** Measured with float32's answers as labels; `float32` and `uint8` also if the package does without them. */
  variants: MeasuredVariants;
  packaged: readonly VariantName[];
  /** Share of pictures on which a variant must have float32's answer. */
  minAgreement: number;
  /** Sentence on the pictures, of whoever named them; may be empty. */
  note: string;
  calibration: PicturesRecord;
  /** Pictures that report. */
  agreement: PicturesRecord & { heldOut: boolean };
  samples: readonly CarriedSample[];
  licence?: { file: string; text: string };
  goldens: { data: RunData; variants: MeasuredVariants; measured: GoldenMeasurements };
  /** The float32 network as ONNX, where the package has it. */
  onnx?: Uint8Array;
  software: Record<string, string>;
}
