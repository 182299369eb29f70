/**
 * PyTorch's file format before 1.6 (torch/serialization.py, `_legacy_save`): five pickles one after another (a magic number,
 * the protocol, the system, the objects, the storages' keys), then each storage as its number of elements and its bytes.
 */
import type { FileBytes } from './file-bytes.ts';
import { PickleReader } from './pickle-reader.ts';
import { printable, readPickle } from './pickle.ts';
import { MAX_PICKLE_BYTES, readObjects } from './pytorch-pickle.ts';
import type { PytorchFile } from './tensor-elements.ts';
import type { StorageReference } from './torch-globals.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

/** Every pickle of a protocol that PyTorch wrote begins so. */
export const isPickle = (start: Uint8Array): boolean => start[0] === 0x80 && start[1] <= 5;

/** @throws Error if the file is damaged, no checkpoint, or its pickle is refused */
export function openPytorchLegacy(file: FileBytes): PytorchFile {
  const reader = new PickleReader(file.read(0, Math.min(file.size, MAX_PICKLE_BYTES)));
  if (plain(reader) !== MAGIC) throw new Error('it is a pickle, but not one of torch.save');
  const protocol = plain(reader);
  if (protocol !== PROTOCOL) throw new Error(`its format is ${printable(String(protocol))}; ${PROTOCOL} is read`);
  const system = plain(reader);
  if (system instanceof Map && system.get('little_endian') !== true) throw new Error('its tensors are big-endian; little-endian is read');
  const storages = new Map<string, StorageReference>();
  const root = readObjects(reader, (storage) => storages.set(storage.key, storage));
  const keys = plain(reader);
  if (!Array.isArray(keys)) throw new Error('it does not list its storages');
  const located = new Map<string, { start: number; bytes: number }>();
  let at = reader.position;
  for (const key of keys.map(String)) {
    const storage = storages.get(key);
    if (!storage) throw new Error(`it holds the storage ${printable(key)}, which no tensor of it names`);
    const elements = Number(Buffer.from(file.read(at, 8)).readBigUInt64LE());
    const bytes = elements * storage.type.bytes;
    at += 8;
    if (!(at + bytes <= file.size))
      throw new Error(
        `it ends early: storage ${printable(key)} has ${elements.toLocaleString('en')} elements, ${file.size - at} bytes are left`,
      );
    located.set(key, { start: at, bytes });
    at += bytes;
  }
  return {
    root,
    format: 'PyTorch (legacy)',
    locate(key) {
      const found = located.get(key);
      if (!found) throw new Error(`it lacks the storage ${printable(key)}`);
      return found;
    },
  };
}

/** A pickle that names nothing. */
const plain = (reader: PickleReader): unknown => readPickle(reader, { global: () => undefined, persistent: () => undefined });
