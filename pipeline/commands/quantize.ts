/** `npm run quantize`: what 8-bit weights do to a run's student, and the graphs of both variants where asked for. */
import { join } from 'node:path';
import { percent } from '../console/progress.ts';
import { freeze } from '../networks/freeze.ts';
import { accuracyGate, measureVariants } from '../packaging/measure-variants.ts';
import { loadStudent, readStudentRecord } from '../packaging/student.ts';
import { configure } from '../presets/index.ts';
import { writeFileAtomic } from '../storage/atomic-write.ts';
import { openRunData } from '../training/data.ts';
import { UsageError, type Flags, type FlagValues } from './flags.ts';
import { maxDropOf, say } from './run-options.ts';

export const summary = "Quantizes a run's student to 8-bit weights and holds its accuracy against float32.";

export const flags: Flags = {
  student: { type: 'string', help: "the run's student.safetensors" },
  'max-drop': { type: 'string', help: 'points of top-1 that quantization may cost (default: as the run was configured)' },
  out: { type: 'string', help: 'write the tfjs graph models there, a folder for each variant' },
};

export async function run(values: FlagValues): Promise<object> {
  if (!values.student) throw new UsageError('quantize expects --student FILE');
  const { configuration } = readStudentRecord(values.student as string);
  const data = await openRunData(configure({ ...configuration }), say);
  const { network, state } = loadStudent(values.student as string, data.inputShape);
  const variants = await measureVariants(freeze(network, state), data);
  const gate = accuracyGate(variants, maxDropOf(values, configuration.maxDrop));
  const rows = Object.entries(variants).map(([variant, { graph, accuracy, agreementWithFloat32 }]) => ({ variant, weightBytes: graph.weightBytes, ...accuracy, agreementWithFloat32, layers: graph.layers }));
  for (const { variant, weightBytes, top1, count, agreementWithFloat32 } of rows) {
    say(`${variant.padEnd(7)} ${weightBytes.toLocaleString('en').padStart(9)} bytes of weights, top-1 ${percent(top1)} of ${count}, agrees with float32 on ${percent(agreementWithFloat32)}`);
  }
  for (const { name, relativeError } of [...variants.uint8.graph.layers].sort((a, b) => b.relativeError - a.relativeError).slice(0, 3)) {
    say(`worst layer ${name}: relative error ${percent(relativeError)}`);
  }
  say(`${gate.pass ? 'pass' : 'FAIL'}: top-1 dropped ${gate.drop.toFixed(2)} points, allowed ${gate.allowed}`);
  if (values.out && gate.pass) {
    for (const [variant, { graph }] of Object.entries(variants)) {
      const folder = join(values.out as string, variant);
      for (const { name, bytes } of graph.shards) writeFileAtomic(join(folder, name), bytes);
      writeFileAtomic(join(folder, 'model.json'), JSON.stringify(graph.modelJson));
    }
    say(`written to ${values.out as string}; stock tf.loadGraphModel opens the model.json of each variant`);
  }
  return { variants: rows, gate, pass: gate.pass };
}
