/** The objects' pickle of a PyTorch file: the same in both formats but for how it refers to storages. */
import { PickleReader } from './pickle-reader.ts';
import { readPickle } from './pickle.ts';
import { storageType, torchGlobals, type StorageReference } from './torch-globals.ts';

/** Largest pickle that is read; those of the largest public checkpoints have a few MiB, the tensors lie outside. */
export const MAX_PICKLE_BYTES = 64 * 2 ** 20;

/** @param onStorage told each reference as it is met */
export function readObjects(reader: PickleReader, onStorage: (storage: StorageReference) => void = () => {}): unknown {
  return readPickle(reader, {
    global: (name) => torchGlobals.get(name),
    persistent(id) {
      const storage = storageReference(id);
      onStorage(storage);
      return storage;
    },
  });
}

/** `('storage', type, key, location, elements[, view])`; a view is null or `(key, offset, elements)`, in legacy files only. */
function storageReference(id: unknown): StorageReference {
  if (!Array.isArray(id) || id[0] !== 'storage' || id.length < 5)
    throw new Error('its pickle refers to something outside that is no storage');
  const [, type, key, , elements, view = null] = id as unknown[];
  const offset = view === null ? 0 : (view as unknown[])[1];
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!(typeof key === 'string' || whole(key)) || !whole(elements) || !whole(offset))
    throw new Error('its pickle refers to a storage without a key and a size');
  return { key: String(key), type: storageType(type), elements, offset };
}
