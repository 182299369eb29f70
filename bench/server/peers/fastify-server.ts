/**
 * The server that one would write in an hour: fastify, sharp, ONNX Runtime on one thread. `?decode=full` decodes a JPEG whole before
 * it is shrunk, so that the network gets the pixels that ours gets; without it sharp shrinks while it decodes.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp, { type Sharp } from 'sharp';

interface PeerManifest {
  labels: string[];
  preprocessing: { width: number; height: number; channels: 1 | 3; mean: number[]; std: number[] };
  onnx: { model: { path: string } };
}

/** Functions that are used of fastify: it is no dependency of this repository. */
interface Fastify {
  addContentTypeParser(type: RegExp, options: { parseAs: 'buffer' }, parse: (request: unknown, body: Buffer, done: Done) => void): void;
  get(path: string, handler: () => object): void;
  post(path: string, handler: (request: { body: Buffer; query: { decode?: string } }) => Promise<object>): void;
  listen(options: { port: number; host: string }): Promise<string>;
}
type Done = (error: Error | null, body: Buffer) => void;

const fastify = createRequire(join(process.env.FASTIFY_DIR!, 'package.json'))('fastify') as (options: { bodyLimit: number }) => Fastify;

const folder = process.env.PACKAGE_DIR!;
const { labels, preprocessing, onnx } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as PeerManifest;
const { width, height, channels, mean, std } = preprocessing;
const session = await InferenceSession.create(join(folder, onnx.model.path), { intraOpNumThreads: 1, interOpNumThreads: 1 });
const [inputName] = session.inputNames;
const [outputName] = session.outputNames;
// One core is all that it has: threads of libvips beside it would only take turns.
sharp.concurrency(1);
sharp.cache(false);

const app = fastify({ bodyLimit: 32 * 1024 * 1024 });
app.addContentTypeParser(/^image\//, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.get('/readyz', () => ({ status: 'ready' }));
app.post('/classify', async ({ body, query }) => {
  const pixels = await (query.decode === 'full' ? decodeWhole(body) : fit(sharp(body)));
  const input = new Float32Array(channels * width * height);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < width * height; i++) input[c * width * height + i] = (pixels[i * channels + c] / 255 - mean[c]) / std[c];
  const { [outputName]: output } = await session.run({ [inputName]: new Tensor('float32', input, [1, channels, height, width]) });
  return { predictions: topFive(output.data as Float32Array) };
});

function fit(image: Sharp): Promise<Buffer> {
  const fitted = image.autoOrient().resize(width, height, { fit: 'cover' });
  return (channels === 1 ? fitted.greyscale() : fitted.toColourspace('srgb').removeAlpha()).raw().toBuffer();
}

async function decodeWhole(body: Buffer): Promise<Buffer> {
  const { data, info } = await sharp(body).autoOrient().raw().toBuffer({ resolveWithObject: true });
  return fit(sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels as 3 } }));
}

function topFive(logits: Float32Array): { label: string; index: number; probability: number }[] {
  const most = Math.max(...logits);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials
    .map((value, index) => ({ label: labels[index], index, probability: value / sum }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, 5);
}

await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
