import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freeze } from '../networks/freeze.ts';
import { writeSafetensors } from '../weights/safetensors.ts';
import { loadTeacher } from '../teachers/teacher.ts';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { tinyStudent } from '../testing/tiny-package.ts';
import { loadStudent, readStudentRecord, saveStudent } from './student.ts';

const { data, network, state, record } = tinyStudent();

const saved = (): string => {
  const path = join(temporaryFolder(), 'student.safetensors');
  saveStudent(path, network, state, data.preprocessing, record);
  return path;
};

describe('students', () => {
  it('load as they were saved', () => {
    expect(loadStudent(saved(), data.inputShape)).toEqual({ network, state, record });
  });

  it('can be teachers themselves', async () => {
    expect(await loadTeacher(saved(), data)).toMatchObject({
      network: 'resnet8',
      classes: 3,
      handle: { kind: 'network', network: freeze(network, state) },
    });
  });

  it('refuse a file that is no student, or of another image size’s channels', async () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    writeSafetensors(path, state, { network: 'resnet8', classes: '3' });
    expect((await errorOf(() => readStudentRecord(path))).message).toBe(
      `${path} is not a student of a run (no "record" in its metadata); npm run distill makes one`,
    );
    const student = saved();
    expect((await errorOf(() => loadStudent(student, { ...data.inputShape, channels: 3 }))).message).toMatch(
      /"conv1\.weight" has shape \[16,1,3,3\]/,
    );
  });

  it('are refused by name if their run does not state a setting that is needed later', async () => {
    const path = join(temporaryFolder(), 'student.safetensors');
    const { methodOptions: _, ...configuration } = record.configuration;
    saveStudent(path, network, state, data.preprocessing, { ...record, configuration: configuration as typeof record.configuration });
    expect((await errorOf(() => readStudentRecord(path))).message).toBe(
      `the record of ${path} does not state the setting "methodOptions" of its run: npm run distill makes it anew`,
    );
    writeSafetensors(path, state, { record: '{' });
    expect((await errorOf(() => readStudentRecord(path))).message).toBe(`the metadata "record" of ${path} is not JSON`);
  });
});
