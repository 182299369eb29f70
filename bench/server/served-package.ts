import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifest, parseModelIndex } from '@sld-edge/runtime/format';
import type { Manifest, VariantName } from '@sld-edge/runtime';
import { openPictures } from '../../pipeline/data/sets/pictures.ts';
import { buildNetwork } from '../../pipeline/networks/index.ts';
import { makeWeightsPackage } from '../../pipeline/packaging/unlabelled/package-weights.ts';
import { writeWeightsPackage } from '../../pipeline/packaging/unlabelled/write-weights-package.ts';
import { randomState } from '../../pipeline/testing/random-state.ts';
import { makePictures } from './pictures.ts';
import type { ServedPackage } from './servers.ts';
import type { TimedWork } from './works.ts';

/** ResNet-8 at 28 pixels, grey. */
const SHIPPED = 'fashion-mnist';
const MOBILENET_SIDE = { mobilenet96: 96, mobilenet224: 224 };

/** A folder of one package, for all servers. @returns its variants too */
export async function servedPackage(
  name: TimedWork['package'],
  folder: string,
  say: (line: string) => void,
): Promise<ServedPackage & { variants: VariantName[] }> {
  const modelsDir = join(folder, `models-${name}`);
  const manifest = name === 'shipped' ? copyShipped(modelsDir) : await writeMobilenet(name, modelsDir, folder, say);
  return { modelsDir, name: manifest.name, version: manifest.version, variants: Object.keys(manifest.variants) as VariantName[] };
}

function copyShipped(modelsDir: string): Manifest {
  const index = parseModelIndex(readFileSync('models/index.json'));
  const entry = index.packages.find((candidate) => candidate.name === SHIPPED);
  if (!entry) throw new Error(`models/index.json has no package ${SHIPPED}: run in the repository's root`);
  const parts = [entry.name, entry.version];
  cpSync(join('models', ...parts), join(modelsDir, ...parts), { recursive: true });
  writeFileSync(join(modelsDir, 'index.json'), JSON.stringify({ ...index, default: entry.name, packages: [entry] }));
  return parseManifest(readFileSync(join(modelsDir, ...parts, 'manifest.json')));
}

/** MobileNetV2 of 1,000 classes with random weights: they decide no time. */
async function writeMobilenet(
  name: keyof typeof MOBILENET_SIDE,
  modelsDir: string,
  folder: string,
  say: (line: string) => void,
): Promise<Manifest> {
  const side = MOBILENET_SIDE[name];
  const network = buildNetwork('torchvision.mobilenet_v2', { inputShape: { height: side, width: side, channels: 3 }, classes: 1000 });
  const calibration = join(folder, `calibration-${name}`);
  mkdirSync(calibration, { recursive: true });
  // Seeds of their own: as many as a package needs to calibrate, to decide and to report on.
  for (let seed = 1000; seed < 1004; seed++)
    for (const [i, file] of (await makePictures('medium', seed)).entries()) writeFileSync(join(calibration, `${seed}-${i}.jpg`), file);
  const pictures = await openPictures(calibration, { height: side, width: side, cropRatio: 1 }, 0, say);
  const made = await makeWeightsPackage({
    weights: {
      name,
      path: calibration,
      sha256: '',
      network,
      state: randomState(network),
      labels: Array.from({ length: 1000 }, (_, i) => `class ${i}`),
      preprocessing: {
        height: side,
        width: side,
        channels: 3,
        fit: 'cover',
        filter: 'triangle',
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
        scale: 1 / 255,
        channelOrder: 'rgb',
      },
    },
    name,
    pictures: { calibration: pictures },
    variants: 'float32,integer',
    note: 'Random weights, for measuring times alone.',
    minAgreement: 0,
    withOnnx: true,
    say,
  });
  mkdirSync(modelsDir, { recursive: true });
  return (await writeWeightsPackage(made, modelsDir, true)).manifest;
}
