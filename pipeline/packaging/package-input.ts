import type { VariantName } from '@sld-edge/runtime';
import type { RunData } from '../data/run-data.ts';
import type { GoldenMeasurements } from './measure-goldens.ts';
import type { MeasuredInt8Onnx } from './measure-int8-onnx.ts';
import type { GateResult } from '../evaluation/gate.ts';
import type { MeasuredVariants } from './measured-variant.ts';
import type { Speed } from './speed.ts';
import type { StudentRecord } from './student.ts';

/** A measured student and everything that its package, card and report say of it. */
export interface PackageInput {
  modelsFolder: string;
  record: StudentRecord;
  networkName: string;
  parameters: number;
  data: RunData;
  /** Variants as measured; `float32` also if the package does without it. */
  variants: MeasuredVariants;
  /** Those of the package, in the order of the table. */
  packaged: readonly VariantName[];
  gate: GateResult;
  /** Fraction of the given answers that may be wrong on validation images; 0: no answer is withheld. */
  abstainError: number;
  /** Server and page answer with it where no model is named. */
  makeDefault: boolean;
  /** The float32 network as ONNX. */
  onnx: Uint8Array;
  /** The integer variant as ONNX; absent where the package has none. */
  int8Onnx?: MeasuredInt8Onnx;
  /** Measurements of the goldens on these variants. */
  goldens: GoldenMeasurements;
  /** Measured on this machine; absent in a package's own report, which is the same on every machine. */
  speed?: Speed;
  /** Library versions and the source's commit. */
  software: Record<string, string>;
}
