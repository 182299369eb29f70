/** `package --from`: weights that somebody has become a package, without training and without labels. */
import { basename, parse } from 'node:path';
import { openPictures } from '../../data/sets/pictures.ts';
import { verifyPackage } from '../../packaging/check/verify-package.ts';
import { sayServed } from '../../packaging/model-index.ts';
import { AUTOMATIC } from '../../packaging/settings.ts';
import { makeWeightsPackage, packagedPreprocessing } from '../../packaging/unlabelled/package-weights.ts';
import { writeWeightsPackage } from '../../packaging/unlabelled/write-weights-package.ts';
import { say } from '../../support/say.ts';
import { UsageError } from '../../support/usage-error.ts';
import { whileWaiting } from '../../support/while-waiting.ts';
import { openPretrained, pretrained } from '../../teachers/pretrained/index.ts';
import { agreementLine } from '../verify.ts';
import type { PackageLine } from './settings.ts';

/** @throws UsageError without pictures to calibrate on */
export async function packageWeights(spec: string, { values }: PackageLine): Promise<object> {
  const { data, agreement, samples, models, makeDefault, minAgreement, onnx, maxUnreadable } = values;
  if (data === undefined)
    throw new UsageError('package --from expects --data FOLDER, pictures to calibrate on; what they show does not matter');
  const weights = await openPretrained(spec);
  const { height, width, cropRatio = 1 } = packagedPreprocessing(weights);
  const open = (folder: string) => openPictures(folder, { height, width, cropRatio }, maxUnreadable, say);
  say(`${weights.network.name} of ${basename(spec)}: ${weights.network.classes} classes, ${width}x${height} pixels`);
  const made = await makeWeightsPackage({
    weights,
    name: values.name || nameOf(spec),
    pictures: {
      calibration: await open(data),
      ...(agreement !== undefined && { agreement: await open(agreement) }),
      ...(samples !== undefined && { samples: await open(samples) }),
    },
    variants: values.variants ?? AUTOMATIC,
    note: values.note,
    minAgreement,
    withOnnx: onnx,
    say,
  });
  const { folder, manifest } = await writeWeightsPackage(made, models, makeDefault);
  say(`package: ${folder} (variants ${Object.keys(manifest.variants).join(', ')})`);
  const verification = await whileWaiting('verifying', verifyPackage(folder, made.data, { variants: made.variants }));
  for (const variant of verification.variants) say(agreementLine(verification, variant));
  sayServed(models, manifest.name, say);
  return { package: folder, variants: manifest.variants, verification, pass: verification.pass };
}

/** Name of the table, or the file's or folder's as far as names of packages allow. */
const nameOf = (spec: string): string =>
  (Object.hasOwn(pretrained, spec) ? spec : parse(spec).name)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+/g, '');
