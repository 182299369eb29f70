/** Finds the weights among the objects of a checkpoint, and gives them the names that the network gave them. */
import { printable } from './pickle.ts';
import { TensorReference } from './torch-globals.ts';

/** Keys under which training scripts put the weights, the averaged ones (EMA) last: they are taken only if they are alone. */
const WEIGHT_KEYS = [
  'state_dict',
  'model_state_dict',
  'model',
  'net',
  'network',
  'student',
  'weights',
  'params',
  'state_dict_ema',
  'model_ema',
  'ema',
];
const MAX_DEPTH = 6;

/** Put before every name by DataParallel and DistributedDataParallel, torch.compile, and modules that wrap a network. */
const PREFIXES = ['module.', '_orig_mod.', 'model.', 'net.', 'network.', 'backbone.', 'encoder.'];

export interface FoundState<T> {
  tensors: Map<string, T>;
  /** Notes for people on how they were found: `under "state_dict"`, `without "module."`. */
  notes: string[];
}

/**
 * The dictionary of tensors in what `torch.save` kept: the object itself, or under the usual keys.
 * @throws Error if there is none, naming the keys that there are
 */
export function findStateDict(root: unknown): FoundState<TensorReference> {
  const path: string[] = [];
  let at = root;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    if (!(at instanceof Map)) break;
    const tensors = tensorsOf(at);
    // Settings beside the weights are numbers and texts: a dictionary of weights holds tensors alone, or nearly.
    if (tensors.size > 0 && tensors.size >= at.size / 2)
      return { tensors, notes: path.length > 0 ? [`under ${path.map((key) => `"${key}"`).join(' in ')}`] : [] };
    const key = WEIGHT_KEYS.find((candidate) => (at as Map<unknown, unknown>).get(candidate) instanceof Map);
    if (key === undefined) break;
    path.unshift(key);
    at = at.get(key);
  }
  const seen =
    at instanceof Map
      ? [...at.keys()]
          .slice(0, 8)
          .map((key) => `"${printable(String(key))}"`)
          .join(', ')
      : '';
  throw new Error(
    `it holds no dictionary of tensors${seen ? `; it has the keys ${seen}` : ''}. Expected a state_dict(), alone or under one of ${WEIGHT_KEYS.join(', ')}`,
  );
}

function tensorsOf(map: Map<unknown, unknown>): Map<string, TensorReference> {
  const tensors = new Map<string, TensorReference>();
  for (const [key, value] of map) if (typeof key === 'string' && value instanceof TensorReference) tensors.set(key, value);
  return tensors;
}

/** Takes the prefixes off that every name has. */
export function stripPrefixes<T>(tensors: Map<string, T>): FoundState<T> {
  const notes: string[] = [];
  let stripped = tensors;
  for (let again = stripped.size > 0; again;) {
    const prefix = PREFIXES.find((candidate) => [...stripped.keys()].every((name) => name.startsWith(candidate)));
    again = prefix !== undefined;
    if (prefix === undefined) break;
    stripped = new Map([...stripped].map(([name, value]) => [name.slice(prefix.length), value]));
    notes.push(`without "${prefix}"`);
  }
  return { tensors: stripped, notes };
}
