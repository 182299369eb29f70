/**
 * Loads exports of the shipped package in the programs that they are for, and compares their probabilities with ours:
 *
 *     npx tsx dev/exports.ts
 *
 * A program that this machine can't have is a line at the end that begins with "skipped:". Exit status 1 where one answers otherwise, else
 * 77 where one was skipped.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Classifier } from '@sld-edge/runtime/node';
import { LARGEST_DIFFERENCE, type Consumer } from './exports/consumer.ts';
import { transformersJs } from './exports/transformers-js.ts';

const PACKAGE = resolve(import.meta.dirname, '../models/fashion-mnist/46b45e4aa5f1');
const CONSUMERS: Consumer[] = [transformersJs];
const SKIPPED = 77;

const pictures = readdirSync(join(PACKAGE, 'samples')).map((file) => join(PACKAGE, 'samples', file));
const ours = { float32: await answersOf('float32'), integer: await answersOf('integer') };

const skipped: string[] = [];
for (const consumer of CONSUMERS) {
  const say = (line: string): void => console.log(`${consumer.name}: ${line}`);
  const missing = await consumer.install(say).catch((error: Error) => error.message);
  if (missing) {
    skipped.push(`${consumer.name}: ${missing}`);
    continue;
  }
  const work = mkdtempSync(join(tmpdir(), 'sld-edge-exports-'));
  try {
    const answers = await consumer.answers(work, PACKAGE, pictures);
    for (const [file, found] of Object.entries(answers)) report(say, file, found, ours[consumer.variants[file]]);
  } finally {
    rmSync(work, { recursive: true });
  }
}

if (skipped.length > 0) {
  console.log(`skipped: ${skipped.join('; ')}`);
  process.exitCode ??= SKIPPED;
}

/** Compares all labels that the consumer told. */
function report(say: (line: string) => void, file: string, found: Record<string, number>[], own: Map<string, number>[]): void {
  let largest = 0;
  found.forEach((answer, i) => {
    for (const [label, score] of Object.entries(answer)) largest = Math.max(largest, Math.abs(score - (own[i].get(label) ?? Infinity)));
  });
  const same = found.length === pictures.length && largest <= LARGEST_DIFFERENCE;
  say(
    `${file}: ${found.length} pictures, probabilities within ${largest.toPrecision(2)} (allowed ${LARGEST_DIFFERENCE})${same ? '' : ': FAIL'}`,
  );
  if (!same) process.exitCode = 1;
}

async function answersOf(variant: 'float32' | 'integer'): Promise<Map<string, number>[]> {
  const classifier = await Classifier.load(PACKAGE, { variant });
  try {
    const answers = await classifier.classify(pictures, { topK: 1000 });
    return answers.map(({ predictions }) => new Map(predictions.map(({ label, probability }) => [label, probability])));
  } finally {
    classifier.dispose();
  }
}
