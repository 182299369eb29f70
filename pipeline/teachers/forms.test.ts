import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../data/sets/index.ts';
import { imageRange } from '../data/sets/image-set.ts';
import { wasmEngine } from '../testing/engines.ts';
import { accuracy, predictions } from '../evaluation/accuracy.ts';
import { teacherLogits } from './measure.ts';
import { loadTeacher } from './teacher.ts';

const shared = fileURLToPath(new URL('../../../shared', import.meta.url));
const folder = join(shared, 'datasets', 'cifar-10-batches-bin');
const file = (form: string): string => join(shared, 'teachers', `cifar10-resnet20.${form}`);
const missing = [folder, file('th'), file('safetensors'), file('onnx')].every((path) => existsSync(path))
  ? ''
  : ' [skipped: no ../shared/teachers, or no ../shared/datasets/cifar-10-batches-bin]';

/** Enough to tell a wrong normalisation, shortcut or order of channels: each costs many points. The whole set is `npm run evaluate`'s. */
const IMAGES = 250;

describe('one public teacher in three forms', () => {
  it.skipIf(missing !== '')(`gives the same answers${missing}`, async () => {
    const data = await openDataset(`cifar10:${folder}`);
    const set = imageRange(data.test, 0, IMAGES);
    const size = { height: data.height, width: data.width, channels: data.channels };
    const engine = await wasmEngine();
    const stated = { preprocessing: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } };
    const logits: Float32Array[] = [];
    for (const form of ['th', 'safetensors', 'onnx']) {
      const teacher = await loadTeacher(file(form), { name: 'cifar10', labels: data.labels, inputShape: size }, { stated });
      logits.push(await teacherLogits(teacher, engine, set, size));
    }
    expect(logits[1]).toEqual(logits[0]);
    expect(predictions(logits[2], 10)).toEqual(predictions(logits[0], 10));
    const largest = Math.max(...logits[0].map(Math.abs));
    logits[2].forEach((value, i) => expect(Math.abs(value - logits[0][i])).toBeLessThan(1e-4 * largest));
    expect(accuracy(logits[0], set.labels, 10).top1).toBeGreaterThan(0.88);
  });
});
