/** A package's ONNX files on ONNX Runtime, compared with its goldens: the float32 one, and the int8 one with the integer variant's. */
import { loadPackage, readVerified, type FileEntry, type Goldens, type Manifest, type ReadFile } from '@sld-edge/runtime';
import { readGoldens } from '@sld-edge/runtime/format';
import { predictions } from '../../evaluation/accuracy.ts';
import { largestDifference } from '../../support/difference.ts';
import { logitsOf } from '../../evaluation/logits.ts';
import { imagesInMemory } from '../../data/sets/image-source.ts';
import type { Check } from './integrity.ts';

/** `float32` need not be a variant of the package: what it must give is among the goldens. */
export function checkOnnxGoldens(read: ReadFile, manifest: Manifest, model: FileEntry): Promise<Check> {
  return check(read, manifest, model, 'onnx', async () => {
    const { goldens, outputs } = await readGoldens(read, manifest, 'float32');
    return { goldens, expected: outputs as Float32Array, of: 'float32' };
  });
}

/** Logits within the tolerance that the package states; how many answers are the integer variant's is told beside it. */
export function checkInt8Goldens(read: ReadFile, manifest: Manifest, model: FileEntry): Promise<Check> {
  return check(read, manifest, model, 'onnxInt8', async () => {
    if (!manifest.variants.integer) throw new Error('the package has no integer variant to compare it with');
    const { goldens, goldenOutputs, network } = await loadPackage(read, { variant: 'integer' });
    const scale = network.kind === 'program' ? Math.fround(network.program.nodes.at(-1)!.scale) : NaN;
    return { goldens, expected: Float32Array.from(goldenOutputs, (value) => value * scale), of: 'the integer variant' };
  });
}

const WHAT = { onnx: 'goldens on onnx', onnxInt8: 'goldens on onnx, int8' };

async function check(
  read: ReadFile,
  manifest: Manifest,
  file: FileEntry,
  name: keyof typeof WHAT,
  wanted: () => Promise<{ goldens: Goldens; expected: Float32Array; of: string }>,
): Promise<Check> {
  const done = (status: 'pass' | 'fail', detail: string): Check => ({ what: WHAT[name], file: file.path, status, detail });
  try {
    const { goldens, expected, of } = await wanted();
    const allowed = goldens.tolerance[name] as number | undefined;
    if (allowed === undefined) return done('fail', `the goldens state no tolerance ${name}`);
    const pixels = await readVerified(read, manifest.goldens.pixels);
    const images = imagesInMemory(pixels, pixels.length / goldens.count);
    const logits = await logitsOf({ kind: 'onnx', model: await readVerified(read, file) }, images, manifest.preprocessing);
    const error = logits.length === expected.length ? largestDifference(logits, expected) : NaN;
    const classes = manifest.labels.length;
    const [answers, theirs] = [predictions(logits, classes), predictions(expected, classes)];
    const same = answers.filter((answer, i) => answer === theirs[i]).length;
    const detail = `${goldens.count} images, logits within ${error.toExponential(1)} of ${of}'s (allowed ${allowed}), ${same} answers the same; ONNX Runtime (onnxruntime-node) on the processor`;
    return done(error <= allowed ? 'pass' : 'fail', detail);
  } catch (error) {
    return done('fail', (error as Error).message.split('\n')[0]);
  }
}
