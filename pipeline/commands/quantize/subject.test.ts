import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../../networks/index.ts';
import { saveStudent } from '../../packaging/student.ts';
import { writeSafetensors } from '../../weights/safetensors.ts';
import { errorOf } from '../../testing/error-of.ts';
import { randomState } from '../../testing/random-state.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { tinyStudent } from '../../testing/tiny-package.ts';
import { findSubject, openOnData } from './subject.ts';

const { data, record } = tinyStudent({ size: 32, channels: 3 });

describe('the model that is quantized', () => {
  it('sees images as its run prepared them, whatever size its network has elsewhere', async () => {
    const network = buildNetwork('efficientnet_lite0', { inputShape: data.inputShape, classes: 3 });
    const student = join(temporaryFolder(), 'student.safetensors');
    saveStudent(student, network, randomState(network), data.preprocessing, record);
    const subject = await openOnData({ student }, findSubject({ student }), data);
    expect(subject.handle.preprocessing).toMatchObject(data.preprocessing);
    expect(subject.trainable.network.inputShape).toEqual(data.inputShape);
    expect(subject.description).toBe('efficientnet_lite0, trained by sld; 3 classes');
  });

  it('is named once, and a student is one of a run', async () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    writeSafetensors(path, new Map(), { network: 'resnet8' });
    expect(findSubject({ model: path })).toEqual({ spec: path, path });
    expect((await errorOf(() => findSubject({ student: path }))).message).toBe(
      `${path} is not a student of a run (no "record" in its metadata); npm run distill makes one`,
    );
    expect((await errorOf(() => findSubject({ student: path, model: path }))).message).toBe(
      'quantize expects --student FILE or --model CHECKPOINT',
    );
  });
});
