/** Which images train, validate and test: as their folders say, and where they don't, by the content of the files. */
import { createHash } from 'node:crypto';
import type { DecodedIndex } from './decoded-record.ts';
import { SPLITS, type ImageList } from './image-list.ts';

/** Of the images of each class, where their folders do not say. */
export const HELD_OUT = { validation: 0.1, test: 0.1 } as const;
/** The split is the data set's, not the run's: what one run trains on, no other may validate on. */
const SPLIT_SEED = 0;
/** A class of fewer different images is used for training alone. */
const FEWEST_TO_SPLIT = 3;

const [TRAIN, VALIDATION, TEST, UNDECIDED] = SPLITS.keys();

export interface AssignedSplits {
  /** Positions in the list, in an order drawn by content: the first n are a fair sample. */
  train: Uint32Array;
  validation: Uint32Array;
  test: Uint32Array;
  /** Files that are copies of others. */
  duplicates: number;
  /** Copies that lie in another class than their original. */
  contradictions: number;
  /** Validation and test images that are copies of training images, where the folders have it so. */
  leaked: number;
  /** Classes too small to hold anything out of. */
  unsplitClasses: number[];
}

/**
 * Images that could not be read are in no split. Copies of one file go together, so that none is trained on and tested.
 * The split of a file depends on its content and the class's others', not on names, times or the size of images.
 */
export function assignSplits(list: ImageList, index: DecodedIndex): AssignedSplits {
  const { order, keys } = byContent(list, index);
  const splits = list.splitOf.slice();
  const present = new Set(order.map((i) => splits[i]));
  // Flat folders are training images of which both are held out; with train/ only what is missing is.
  for (const i of order) if (splits[i] === UNDECIDED) splits[i] = TRAIN;
  const trains = present.has(UNDECIDED) || present.has(TRAIN);
  const wanted = {
    test: trains && !present.has(TEST) ? HELD_OUT.test : 0,
    validation: trains && !present.has(VALIDATION) ? HELD_OUT.validation : 0,
  };

  const groups = groupsOf(order, keys, index);
  // A group counts for the class of its first training image in the list.
  const leaderOf = (group: Uint32Array): number => group.reduce((found, i) => (splits[i] === TRAIN && i < found ? i : found), Infinity);
  const sizes = new Uint32Array(list.labels.length);
  let duplicates = 0;
  let contradictions = 0;
  for (const group of groups()) {
    duplicates += group.length - 1;
    for (const i of group) if (list.classOf[i] !== list.classOf[group[0]]) contradictions++;
    const leader = leaderOf(group);
    if (leader !== Infinity) sizes[list.classOf[leader]]++;
  }
  const held = (share: number, size: number): number => (share === 0 || size < FEWEST_TO_SPLIT ? 0 : Math.max(1, Math.round(share * size)));
  const seen = new Uint32Array(list.labels.length);
  let leaked = 0;
  for (const group of groups()) {
    const leader = leaderOf(group);
    if (leader === Infinity) continue;
    const label = list.classOf[leader];
    const rank = seen[label]++;
    const tests = held(wanted.test, sizes[label]);
    const split = rank < tests ? TEST : rank < tests + held(wanted.validation, sizes[label]) ? VALIDATION : TRAIN;
    for (const i of group) {
      if (splits[i] === TRAIN) splits[i] = split;
      else leaked++;
    }
  }
  const of = (split: number): Uint32Array => order.filter((i) => splits[i] === split);
  const holdsOut = wanted.test > 0 || wanted.validation > 0;
  return {
    train: of(TRAIN),
    validation: of(VALIDATION),
    test: of(TEST),
    duplicates,
    contradictions,
    leaked,
    unsplitClasses: holdsOut ? [...sizes.keys()].filter((label) => sizes[label] < FEWEST_TO_SPLIT) : [],
  };
}

/** The images that were read, ordered by a hash of seed and content; copies are neighbours, the first in the list first. */
function byContent(list: ImageList, index: DecodedIndex): { order: Uint32Array; keys: Float64Array } {
  const order = new Uint32Array(list.count);
  const keys = new Float64Array(list.count);
  let read = 0;
  for (let i = 0; i < list.count; i++) {
    if (!index.isDecoded(i)) continue;
    order[read++] = i;
    // 48 bits are exact in a float64; files whose first 48 bits agree are told apart by the whole hash.
    keys[i] = createHash('sha256').update(`split ${SPLIT_SEED}\n`).update(index.sha256(i)).digest().readUIntBE(0, 6);
  }
  return { order: order.subarray(0, read).sort((a, b) => keys[a] - keys[b] || Buffer.compare(index.sha256(a), index.sha256(b)) || a - b), keys };
}

function groupsOf(order: Uint32Array, keys: Float64Array, index: DecodedIndex): () => Generator<Uint32Array> {
  const isCopy = (a: number, b: number): boolean => keys[a] === keys[b] && Buffer.compare(index.sha256(a), index.sha256(b)) === 0;
  return function* () {
    for (let start = 0; start < order.length; ) {
      let end = start + 1;
      while (end < order.length && isCopy(order[start], order[end])) end++;
      yield order.subarray(start, end);
      start = end;
    }
  };
}
