/**
 * Classifies a picture with an export for the Hugging Face hub, by transformers.js and without the network.
 *
 *     npm install @huggingface/transformers
 *     node huggingface.mjs FOLDER photo.jpg [fp32|q8]
 */
import { basename, dirname, resolve } from 'node:path';
import { env, pipeline } from '@huggingface/transformers';

const [folder, picture, dtype = 'fp32'] = process.argv.slice(2);
if (!picture) throw new Error('expected an export and a picture: node huggingface.mjs FOLDER photo.jpg [fp32|q8]');

env.allowRemoteModels = false;
env.localModelPath = dirname(resolve(folder));
const classify = await pipeline('image-classification', basename(resolve(folder)), { dtype });
console.log(JSON.stringify(await classify(picture, { top_k: 3 })));
