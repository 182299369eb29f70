/** Pairs that are measured, at three batch sizes. */
import type { TrainingCase } from '../../../bench/training/cases.ts';
import { cases } from '../../../bench/training/cases.ts';

export const PAIRS = ['sld-resnet32x4-resnet8x4', 'sld-resnet56-resnet20'] as const;
export const BATCH_SIZES = [64, 256, 1024] as const;

export function pairCase(name: string, batchSize: number): TrainingCase & { teacher: string } {
  const found = cases.find((each) => each.name === name);
  if (!found?.teacher) throw new Error(`no pair "${name}"`);
  return { ...found, teacher: found.teacher, batchSize };
}
