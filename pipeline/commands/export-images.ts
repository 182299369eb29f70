/** `export-images`: test images as PNG and JPEG files with what the pipeline answers to each; parity tests compare others with it. */
import { logitsOf } from '../evaluation/logits.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import {
  calibrationOf,
  loadPackage,
  preprocessToPixels,
  softmax,
  variantNames,
  type LoadedPackage,
  type Preprocessing,
} from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';
import { imagesInMemory } from '../data/sets/image-source.ts';
import { readModelIndex } from '../packaging/model-index.ts';
import { openTestData } from '../data/run-data.ts';
import type { Line } from '../configuration/command-line.ts';
import { dataSettings } from '../data/settings.ts';
import { modelsSetting } from '../packaging/settings.ts';
import { say } from '../support/say.ts';
import type { SettingTable } from '../support/setting.ts';
import { forceSetting, refuseTracked } from '../support/tracked-files.ts';
import { UsageError } from '../support/usage-error.ts';
import { oneName, optional, path, text, whole } from '../support/value.ts';

export const summary =
  'Writes test images as PNG and JPEG with index.json: their labels and the probabilities that the pipeline computes from the files (sharp, the reference backends in Node).';

export const settings = {
  data: dataSettings.data,
  split: { ...oneName('test', ['test']), help: 'which images', group: 'data', decides: 'nothing' },
  model: {
    ...optional(text('')),
    help: 'package that answers, by its name',
    defaultText: 'the default of --models',
    group: 'package',
    decides: 'nothing',
  },
  count: { ...whole(500, { from: 1 }), help: 'how many, from the first on', unit: 'images', group: 'data', decides: 'nothing' },
  out: { ...path(''), help: 'folder to write', group: 'run', decides: 'nothing', required: 'DIR' },
  ...modelsSetting,
  ...forceSetting,
} as const satisfies SettingTable;

const JPEG_QUALITY = 90;

export async function run({ values }: Line<typeof settings>): Promise<object> {
  const { count, models, out: folder } = values;
  refuseTracked(folder, values.force);
  const data = await openTestData(values.data, 0, say);
  if (count > data.test.count) throw new UsageError(`--count expects a whole number from 1 to ${data.test.count}, got "${count}"`);
  const index = readModelIndex(models);
  const asked = values.model ?? index.default;
  const entry = index.packages.findLast(({ name }) => name === asked);
  if (!entry) throw new Error(`no package${values.model === undefined ? '' : ` "${asked}"`} in ${models}; npm run distill makes one`);
  const read = readFolder(models, join(entry.name, entry.version));
  // Browser and server compute it by TensorFlow.js, beside the integers.
  const pkg = await loadPackage(read, { variant: 'uint8' });
  const integer = variantNames(pkg.manifest).includes('integer') ? await loadPackage(read, { variant: 'integer' }) : undefined;

  await mkdir(folder, { recursive: true });
  const { height, width, channels } = data.inputShape;
  const images = [];
  for (let i = 0; i < count; i++) {
    const raw = sharp(data.test.images.image(i).slice(), { raw: { width, height, channels: channels as 1 | 3 } });
    const image = { index: i, label: data.test.labels[i], file: `${i}.png`, jpeg: `${i}.jpg` };
    await writeFile(join(folder, image.file), await raw.clone().png().toBuffer());
    await writeFile(join(folder, image.jpeg), await raw.clone().jpeg({ quality: JPEG_QUALITY }).toBuffer());
    images.push(image);
  }
  const probabilities = async ({ manifest, variant, network }: LoadedPackage, files: string[]): Promise<number[][]> => {
    const pixels = await Promise.all(files.map((file) => decodedPixels(join(folder, file), manifest.preprocessing)));
    const logits = await logitsOf(network, imagesInMemory(Buffer.concat(pixels), pixels[0].length), manifest.preprocessing);
    const classes = manifest.labels.length;
    return files.map((_, i) => [...softmax(logits.subarray(i * classes, (i + 1) * classes), calibrationOf(manifest, variant).temperature)]);
  };
  const files = images.map(({ file }) => file);
  const png = await probabilities(pkg, files);
  const jpeg = await probabilities(
    pkg,
    images.map(({ jpeg }) => jpeg),
  );
  const { name: model, version } = pkg.manifest;
  await writeFile(
    join(folder, 'index.json'),
    JSON.stringify({
      images,
      pipeline: {
        model,
        version,
        variant: pkg.variant,
        png,
        jpeg,
        ...(integer && { integer: { png: await probabilities(integer, files) } }),
      },
    }),
  );
  say(
    `${count} images as PNG and JPEG in ${folder}, answered by ${model}@${version} (${pkg.variant}${integer ? ', PNG by integer too' : ''})`,
  );
  return { folder, count, model, version };
}

/** These files are upright, opaque and sRGB, as they were written above: of the image policy only the decoding is left. */
async function decodedPixels(path: string, preprocessing: Preprocessing): Promise<Uint8Array> {
  const { data, info } = await sharp(path).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`${path} decodes to ${info.channels} channels, expected 3`);
  return preprocessToPixels({ width: info.width, height: info.height, data: new Uint8Array(data) }, preprocessing);
}
