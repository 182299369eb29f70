/** Rows of a quantized network beside float32, and the gate. Test images are reported, validation images decide. */
import { percent } from '../../support/progress.ts';
import type { Accuracy } from '@sld-edge/runtime';
import { accuracyDifference, type Difference } from '../../evaluation/accuracy.ts';
import { gateOf, type GateResult } from '../../evaluation/gate.ts';
import { say } from '../../support/say.ts';

export interface VariantRow extends Accuracy, Difference {
  variant: string;
}

/** @param width of the names @param more what else is to be said of it, between name and accuracy */
export function rowText(
  { variant, top1, top5, count, drop, dropStandardError, agreementWithFloat32 }: VariantRow,
  width: number,
  more = '',
): string {
  const cost = variant === 'float32' ? '' : `, drop ${drop.toFixed(2)} ± ${dropStandardError.toFixed(2)}`;
  return `${variant.padEnd(width)} ${more}top-1 ${percent(top1)}${cost}, top-5 ${percent(top5)} of ${count}, agrees with float32 on ${percent(agreementWithFloat32)}`;
}

export interface VariantTable {
  rows: VariantRow[];
  /** @param logits on the test images @param more what else the row states */
  add(variant: string, logits: Float32Array, more?: object): VariantRow;
}

/** @param float32 logits `[images, classes]` on the test images, whose row is the first @param width of names of variants */
export function createVariantTable(float32: Float32Array, labels: ArrayLike<number>, classes: number, width: number): VariantTable {
  const rows: VariantRow[] = [];
  const add = (variant: string, logits: Float32Array, more: object = {}): VariantRow => {
    const row = { variant, ...accuracyDifference(float32, logits, labels, classes), ...more };
    rows.push(row);
    say(rowText(row, width));
    return row;
  };
  add('float32', float32);
  return { rows, add };
}

/** The gate's answer with how sure its drop is. */
export interface ValidationGate extends GateResult, Pick<Difference, 'dropStandardError'> {
  /** Validation images. */
  count: number;
}

/** Says whether the drop on validation images is allowed. */
export function sayGate(
  { drop, dropStandardError, count }: Pick<ValidationGate, 'drop' | 'dropStandardError' | 'count'>,
  allowed: number,
): ValidationGate {
  const gate = gateOf(drop, allowed);
  say(
    `${gate.pass ? 'pass' : 'FAIL'}: top-1 dropped ${drop.toFixed(2)} ± ${dropStandardError.toFixed(2)} points on ${count.toLocaleString('en')} validation images, allowed ${allowed}`,
  );
  return { ...gate, dropStandardError, count };
}
