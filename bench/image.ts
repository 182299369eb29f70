/**
 * `npm run bench:image`: our resizer beside sharp's Lanczos at 12 megapixels, from the same RGB bytes and from the same
 * JPEG, and the check of a JPEG's codes beside decoding it, by processor time, in turns within one process. Figures and what they mean: docs/measurements.md.
 */
import { cpus } from 'node:os';
import { ByteReader, checkJpegScans, DEFAULT_LIMITS, preprocessToPixels, resize, type RgbImage } from '@sld-edge/runtime';
import { decodeImage } from '@sld-edge/runtime/node';
import sharp, { type JpegOptions, type ResizeOptions } from 'sharp';
import { jsonSetting, type Line } from '../pipeline/configuration/command-line.ts';
import type { SettingTable } from '../pipeline/support/setting.ts';
import { whole } from '../pipeline/support/value.ts';
import { benchSetting, runBench } from './command.ts';
import { measureByTurns, type MeasuredWay, type Way } from './image/measure.ts';
import { naturalPicture } from './image/picture.ts';

const WIDTH = 4000;
const HEIGHT = 3000;
const SIDES = [224, 32];
const LANCZOS = 'sharp, Lanczos, one thread';
const BAR = 1;

const settings = {
  rounds: { ...benchSetting, ...whole(15, { from: 1 }), help: 'times each way runs' },
  ...jsonSetting,
} as const satisfies SettingTable;

interface Case {
  what: string;
  side: number;
  measured: MeasuredWay[];
}

/** libvips takes its number of threads when a pipeline is made. */
const withThreads = async (threads: number, run: () => Promise<unknown>): Promise<void> => {
  sharp.concurrency(threads);
  await run();
  sharp.concurrency(1);
};

function fromPixels(image: RgbImage, side: number): Way[] {
  const { width, height, data } = image;
  const lanczos = (): Promise<Buffer> =>
    sharp(data, { raw: { width, height, channels: 3 } })
      .resize(side, side, { fit: 'fill', kernel: 'lanczos3' })
      .raw()
      .toBuffer();
  return [
    { name: 'ours', run: () => resize(image, side, side) },
    { name: 'ours without SIMD', run: () => resize(image, side, side, undefined, { simd: false }) },
    { name: LANCZOS, run: () => withThreads(1, lanczos) },
    { name: "sharp, Lanczos, its default's threads", run: () => withThreads(0, lanczos) },
  ];
}

function fromJpeg(jpeg: Buffer, side: number): Way[] {
  const preprocessing = { height: side, width: side, channels: 3, fit: 'stretch', filter: 'triangle', mean: [], std: [] } as const;
  const sharps = (options: ResizeOptions) => (): Promise<Buffer> =>
    sharp(jpeg)
      .autoOrient()
      .resize(side, side, { fit: 'fill', kernel: 'lanczos3', ...options })
      .raw()
      .toBuffer();
  const wholeThenResized = async (): Promise<Buffer> => {
    const { data, info } = await sharp(jpeg).autoOrient().raw().toBuffer({ resolveWithObject: true });
    return sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
      .resize(side, side, { fit: 'fill', kernel: 'lanczos3' })
      .raw()
      .toBuffer();
  };
  return [
    { name: 'ours', run: async () => preprocessToPixels(await decodeImage(jpeg, DEFAULT_LIMITS), { ...preprocessing, mean: [], std: [] }) },
    { name: LANCZOS, run: wholeThenResized },
    { name: 'sharp, shrunk on load, less (fastShrinkOnLoad: false)', run: sharps({ fastShrinkOnLoad: false }) },
    { name: 'sharp, shrunk on load (its default)', run: sharps({}) },
  ];
}

const DECODING = 'sharp, decoding alone';

/** The check of a JPEG's codes, which comes before decoding. */
function checkOf(jpeg: Buffer): Way[] {
  return [
    { name: 'check', run: () => checkJpegScans(new ByteReader(jpeg, 'JPEG')) },
    { name: DECODING, run: () => withThreads(1, () => sharp(jpeg).raw().toBuffer()) },
  ];
}

const CHECKED: [what: string, options: JpegOptions][] = [
  ['quality 85', { quality: 85 }],
  ['quality 95', { quality: 95 }],
  ['quality 85, progressive', { quality: 85, progressive: true }],
];

async function run({ values }: Line<typeof settings>): Promise<void> {
  const { rounds } = values;
  sharp.cache(false);
  const image = naturalPicture(WIDTH, HEIGHT);
  const jpeg = await sharp(image.data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
  const cases: Case[] = [];
  for (const side of SIDES) {
    cases.push({ what: 'from RGB bytes', side, measured: await measureByTurns(fromPixels(image, side), LANCZOS, rounds) });
    // Decoding takes most of the time, and the same on both sides.
    cases.push({ what: 'from a JPEG', side, measured: await measureByTurns(fromJpeg(jpeg, side), LANCZOS, Math.ceil(rounds / 3)) });
  }
  const checks: { what: string; measured: MeasuredWay[] }[] = [];
  for (const [what, options] of CHECKED) {
    const checked = await sharp(image.data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .jpeg(options)
      .toBuffer();
    checks.push({
      what: `${what}, ${checked.length} bytes`,
      measured: await measureByTurns(checkOf(checked), DECODING, Math.ceil(rounds / 3)),
    });
  }
  const machine = {
    processor: cpus()[0].model,
    node: process.version,
    sharp: sharp.versions.sharp,
    vips: sharp.versions.vips,
    picture: { width: WIDTH, height: HEIGHT, jpegBytes: jpeg.length },
    rounds,
  };
  if (values.json) return void process.stdout.write(`${JSON.stringify({ machine, cases, checks }, null, 2)}\n`);
  process.stdout.write(
    `${machine.processor}, Node ${machine.node}, sharp ${machine.sharp}, libvips ${machine.vips}; ${WIDTH} x ${HEIGHT} pixels, the JPEG ${jpeg.length} bytes; processor time, medians and quartiles of ${rounds}\n`,
  );
  for (const { what, side, measured } of cases) {
    process.stdout.write(`\n${what} to ${side} x ${side}\n`);
    for (const { name, cpuMs, wallMs, ratio } of measured) {
      const judged =
        name === 'ours' && what === 'from RGB bytes' ? (ratio.median <= BAR ? ', the bar of 1 is reached' : ', ABOVE the bar of 1') : '';
      process.stdout.write(
        `  ${name.padEnd(56)} ${cpuMs.median.toFixed(1)} ms (${cpuMs.low.toFixed(1)}…${cpuMs.high.toFixed(1)}), elapsed ${wallMs.median.toFixed(0)} ms, ${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)}…${ratio.high.toFixed(2)}) of sharp's${judged}\n`,
      );
    }
  }
  for (const { what, measured } of checks) process.stdout.write(`\nchecking a JPEG, ${what}\n${linesOf(measured).join('')}`);
}

function linesOf(measured: readonly MeasuredWay[]): string[] {
  return measured.map(
    ({ name, cpuMs, ratio }) =>
      `  ${name.padEnd(56)} ${cpuMs.median.toFixed(1)} ms (${cpuMs.low.toFixed(1)}…${cpuMs.high.toFixed(1)}), ${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)}…${ratio.high.toFixed(2)}) of decoding\n`,
  );
}

await runBench({ name: 'bench:image', summary: "Times our resizer beside sharp's Lanczos at 12 megapixels.", settings, run });
