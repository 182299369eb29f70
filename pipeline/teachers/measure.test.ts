import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freeze } from '../networks/freeze.ts';
import { trainableCount } from '../networks/state.ts';
import { buildNetwork } from '../networks/index.ts';
import { randomState } from '../testing/random-state.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import { writeOnnxModel } from '../packaging/onnx-model.ts';
import { teacherWeightBytes } from './measure.ts';
import { networkHandle, type OnnxHandle } from './teacher-handle.ts';

const data = tinyRunData();
const network = buildNetwork('resnet8', { inputShape: data.inputShape, classes: 3 });
const frozen = freeze(network, randomState(network));

it("counts four bytes a folded weight, and an ONNX model's file", () => {
  const bytes = teacherWeightBytes(networkHandle(frozen, data.preprocessing));
  // A batch norm's scale goes into the weights before it, its shift becomes their bias.
  expect(bytes).toBeLessThan(4 * trainableCount(network));
  expect(bytes).toBeGreaterThan(0.98 * 4 * trainableCount(network));

  const model = join(temporaryFolder(), 'model.onnx');
  const written = writeOnnxModel(frozen, data);
  writeFileSync(model, written);
  expect(teacherWeightBytes({ kind: 'onnx', model } as OnnxHandle)).toBe(written.length);
});
