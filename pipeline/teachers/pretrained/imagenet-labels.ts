/**
 * ImageNet's 1,000 classes in words, in the order of the logits: torchvision's (`torchvision/models/_meta.py`, BSD-3-Clause,
 * https://github.com/pytorch/vision/blob/main/LICENSE).
 */
import { readFileSync } from 'node:fs';

let labels: readonly string[] | undefined;

/** Read at the first call. */
export function imagenetLabels(): readonly string[] {
  labels ??= readFileSync(new URL('./imagenet-labels.txt', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  return labels;
}
