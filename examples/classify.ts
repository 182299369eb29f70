/**
 * Classifies pictures by a package of `models/`, in Node, with its default variant: of integers the same on any other machine.
 *
 *     npx tsx examples/classify.ts models/fashion-mnist/46b45e4aa5f1 models/fashion-mnist/46b45e4aa5f1/samples/09-ankle-boot.png
 */
import { Classifier } from '@sld-edge/runtime/node';

const [folder, ...pictures] = process.argv.slice(2);
if (!folder || pictures.length === 0)
  throw new Error('expected the folder of a package and pictures: npx tsx examples/classify.ts PACKAGE PICTURE …');

const classifier = await Classifier.load(folder);
for (const { predictions } of await classifier.classify(pictures, { topK: 3 }))
  for (const { label, probability } of predictions) console.log(`${(100 * probability).toFixed(2).padStart(6)} %  ${label}`);
classifier.dispose();
