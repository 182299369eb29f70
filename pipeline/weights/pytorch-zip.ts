/**
 * PyTorch's file format since 1.6: an uncompressed zip archive with the objects' pickle in `<name>/data.pkl` and each storage
 * in `<name>/data/<key>` (torch/serialization.py, `_save`). Entries are looked up in the archive's directory, never unpacked.
 */
import { fromFdPromise, type Entry, type ZipFile } from 'yauzl';
import type { FileBytes } from './file-bytes.ts';
import { PickleReader } from './pickle-reader.ts';
import { printable } from './pickle.ts';
import { MAX_PICKLE_BYTES, readObjects } from './pytorch-pickle.ts';
import type { PytorchFile } from './tensor-elements.ts';

const MAX_ENTRIES = 200_000;

interface Located {
  start: number;
  bytes: number;
}

export const isZip = (start: Uint8Array): boolean => start[0] === 0x50 && start[1] === 0x4b && (start[2] === 3 || start[2] === 5);

/** @throws Error if the archive is damaged, compressed, of another kind, or its pickle is refused */
export async function openPytorchZip(file: FileBytes): Promise<PytorchFile> {
  const zip = await fromFdPromise(file.fd, { autoClose: false, lazyEntries: true }).catch((error: Error) => {
    throw new Error(`its archive can't be read (${error.message}): the file is damaged or was not copied whole`, { cause: error });
  });
  if (zip.entryCount > MAX_ENTRIES) throw new Error(`its archive has ${zip.entryCount} entries; up to ${MAX_ENTRIES} are read`);
  const entries = await locateEntries(zip);
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) throw new Error(`its archive has ${pickles.length} entries <name>/data.pkl; a file of torch.save has one`);
  const folder = pickles[0].slice(0, -'data.pkl'.length);
  if (entries.has(`${folder}constants.pkl`))
    throw new Error('it is a TorchScript archive, which holds code; save the state_dict() instead');
  const byteOrder = entries.get(`${folder}byteorder`);
  if (byteOrder && Buffer.from(file.read(byteOrder.start, Math.min(byteOrder.bytes, 16))).toString() !== 'little')
    throw new Error('its tensors are big-endian; little-endian is read');
  const pickle = entries.get(pickles[0])!;
  if (pickle.bytes > MAX_PICKLE_BYTES)
    throw new Error(
      `its pickle has ${pickle.bytes.toLocaleString('en')} bytes without the tensors; up to ${MAX_PICKLE_BYTES.toLocaleString('en')} are read`,
    );
  return {
    root: readObjects(new PickleReader(file.read(pickle.start, pickle.bytes))),
    format: 'PyTorch (zip)',
    locate(key) {
      const found = entries.get(`${folder}data/${key}`);
      if (!found) throw new Error(`its archive lacks the storage ${printable(key)}`);
      return found;
    },
  };
}

async function locateEntries(zip: ZipFile): Promise<Map<string, Located>> {
  const entries: Entry[] = [];
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.on('end', resolve);
    zip.on('error', (error: Error) =>
      reject(new Error(`its archive's directory is refused: ${printable(error.message)}`, { cause: error })),
    );
    zip.readEntry();
  });
  const located = new Map<string, Located>();
  for (const entry of entries) {
    const name = printable(entry.fileName);
    if (entry.compressionMethod !== 0 || entry.compressedSize !== entry.uncompressedSize)
      throw new Error(`its archive's entry ${name} is compressed, which torch.save never does`);
    if (located.has(entry.fileName)) throw new Error(`its archive has two entries ${name}`);
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true }).catch((error: Error) => {
      throw new Error(`its archive's entry ${name} can't be read (${error.message}): the file is damaged`, { cause: error });
    });
    located.set(entry.fileName, { start: fileDataStart, bytes: entry.uncompressedSize });
  }
  return located;
}
