/** Verifies a package that was made without labels on pictures: each variant beside float32. */
import { loadManifest, type LoadedNetwork, type Manifest } from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';
import type { Pictures } from '../../data/sets/pictures.ts';
import { logitsOf } from '../../evaluation/logits.ts';
import { freeze } from '../../networks/freeze.ts';
import { openPretrained } from '../../teachers/pretrained/index.ts';
import { writeGraphModel } from '../graph-model.ts';
import { networkOf } from '../measured-variant.ts';
import { answersAsLabels } from '../unlabelled/answers-as-labels.ts';
import { splitPictures } from '../unlabelled/split-pictures.ts';
import type { PicturesRecord } from '../unlabelled/weights-package.ts';
import { verifyPackage, type PackageVerification } from './verify-package.ts';

/** Part of such a manifest that says how the package was made. */
interface Provenance {
  weights: { name: string; sha256: string };
  minAgreement: number;
  pictures: { agreement: PicturesRecord & { heldOut: boolean } };
}

/** True where nobody said what the pictures show that the package was measured on. */
export const isUnlabelled = ({ variants }: Pick<Manifest, 'variants'>): boolean =>
  Object.values(variants).every(({ accuracy }) => accuracy === undefined);

/**
 * On the pictures that the card reports, the figures must be the stated ones; on others float32's answer must come often enough.
 * @param from the weights that the package was made of, a name or a path; absent: those that it names
 * @throws Error in one line for other weights
 */
export async function verifyAgreement(
  folder: string,
  pictures: Pictures,
  from?: string,
): Promise<PackageVerification & { samePictures: boolean }> {
  const manifest = await loadManifest(readFolder(folder));
  const { labels, preprocessing } = manifest;
  const { weights, minAgreement, pictures: made } = manifest.provenance as unknown as Provenance;
  const samePictures = pictures.checksum === made.agreement.checksum;
  const set = samePictures && made.agreement.heldOut ? splitPictures(pictures.set).reporting : pictures.set;
  const float32 = await logitsOf(await floatNetwork(weights, from), set.images, preprocessing);
  const data = { name: pictures.name, labels, inputShape: preprocessing, test: answersAsLabels(set, float32, labels.length) };
  const report = await verifyPackage(folder, data, undefined, float32);
  if (samePictures) return { ...report, samePictures };
  const variants = report.variants.map((variant) => ({ ...variant, pass: variant.measured.top1 >= minAgreement }));
  return { ...report, variants, samePictures, pass: variants.every(({ pass }) => pass) && report.onnx?.pass !== false };
}

async function floatNetwork({ name, sha256 }: Provenance['weights'], from = name): Promise<LoadedNetwork> {
  const opened = await openPretrained(from);
  if (opened.sha256 !== sha256)
    throw new Error(`${from} has SHA-256 ${opened.sha256}, the package was made of weights of ${sha256}: name those with --from`);
  return networkOf({ graph: writeGraphModel(freeze(opened.network, opened.state), 'float32') });
}
