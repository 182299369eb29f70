/** `npm run compress --workspace web-client -- FOLDER`: writes compressed copies beside the files of a folder, for hosts of static files. */
import { writeCompressedCopies } from './compressed-copies.ts';

const [folder, ...more] = process.argv.slice(2);
if (!folder || more.length > 0) {
  console.error(`error: expected one folder, got ${folder ? more.length + 1 : 'none'}: npm run compress --workspace web-client -- FOLDER`);
  process.exit(2);
}

const { files, bytes, brotliBytes } = await writeCompressedCopies(folder);
console.log(
  `${files} files of ${bytes.toLocaleString('en')} bytes have compressed copies; Brotli's have ${brotliBytes.toLocaleString('en')}`,
);
