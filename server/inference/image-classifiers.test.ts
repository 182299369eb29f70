import { gradientImage } from '@sld-edge/runtime/testing';
import { expect, it, onTestFinished } from 'vitest';
import { writeModelsFolder } from '../testing/models-folder.ts';
import { readSetup } from '../testing/test-server.ts';
import { createImageClassifiers } from './image-classifiers.ts';
import type { WarmedVariant } from './protocol.ts';

it('keeps no more weights than it may, and answers as one that keeps all', async () => {
  const folder = await writeModelsFolder({ weightsPhase: 1 }, { name: 'other', weightsPhase: 2, integer: true });
  onTestFinished(folder.remove);
  const setup = await readSetup(folder.dir);
  const closed: string[] = [];
  const load = (memoryBytes: number | null) =>
    createImageClassifiers(
      { ...setup, memoryBytes },
      {
        onOpened: () => undefined,
        onClosed: ({ model, variant }) => closed.push(`${model} ${variant}`),
        onDemotion: () => undefined,
        onThreadLost: () => undefined,
      },
    );
  const [all, few] = [await load(null), await load(1)];
  expect(closed).toEqual(['shapes uint8']);
  const names = (warmed: WarmedVariant[]) => warmed.map(({ model, variant }) => `${model} ${variant}`);
  const bytes = await gradientImage().png().toBuffer();
  for (const [model, variant] of [
    ['shapes', 'uint8'],
    ['other', 'integer'],
    ['other', 'uint8'],
    ['shapes', 'uint8'],
  ] as const) {
    const job = { bytes, model, version: setup.packages[0].version, variant, topK: 4 };
    expect((await few.classify(job)).predictions).toEqual((await all.classify(job)).predictions);
    expect(names(few.warmed)).toEqual([`${model} ${variant}`]);
  }
  expect(names(all.warmed)).toEqual(['other integer', 'other uint8', 'shapes uint8']);
  for (const classifiers of [all, few]) classifiers.dispose();
});
