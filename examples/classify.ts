/**
 * Classifies a picture by a package of `models/`, in Node, with the integer variant: the same integers as on any other machine.
 *
 *     npx tsx examples/classify.ts models/fashion-mnist/46b45e4aa5f1 models/fashion-mnist/46b45e4aa5f1/samples/09-ankle-boot.png
 */
import { readFile } from 'node:fs/promises';
import { createIntegerWasmBackend, createSession, DEFAULT_LIMITS, loadPackage } from '@sld-edge/runtime';
import { decodeImage, readFolder } from '@sld-edge/runtime/node';

const [folder, picture] = process.argv.slice(2);
if (!folder || !picture) throw new Error('expected the folder of a package and a picture: npx tsx examples/classify.ts PACKAGE PICTURE');

// Every file is checked against its SHA-256, and the backend against the package's golden images.
const pkg = await loadPackage(readFolder(folder), { variant: 'integer' });
const session = await createSession(pkg, [createIntegerWasmBackend('wasm')], {
  decode: (bytes: Uint8Array) => decodeImage(bytes, DEFAULT_LIMITS),
});

const { predictions } = await session.classify(await readFile(picture), { topK: 3 });
for (const { label, probability } of predictions) console.log(`${(100 * probability).toFixed(2).padStart(6)} %  ${label}`);
session.dispose();
