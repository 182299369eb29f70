/** Splits images into training, validation and test: as their folders say, and else by the content of the images. */
import { createHash } from 'node:crypto';
import type { DecodedIndex } from './decoded-record.ts';
import { SPLITS, type ImageList } from './image-list.ts';

/** Fractions of each class's images that are held out if their folders do not decide. */
export const HELD_OUT = { validation: 0.1, test: 0.1 } as const;
/** The split is the data set's, not the run's: what one run trains on, no other may validate on. */
const SPLIT_SEED = 0;
/** A class of fewer different images is used for training alone. */
const FEWEST_TO_SPLIT = 3;

const [TRAIN, VALIDATION, TEST, UNDECIDED, UNLABELLED] = SPLITS.keys();

export interface AssignedSplits {
  /** Positions in the list, in an order drawn by content: the first n are a fair sample. */
  train: Uint32Array;
  validation: Uint32Array;
  test: Uint32Array;
  /** Pictures of no class that are no copies of others. */
  unlabelled: Uint32Array;
  /** Files that show the same pixels as others. */
  duplicates: number;
  /** Number of those that have other bytes: saved again, other metadata, another lossless format. */
  otherBytes: number;
  /** Pictures whose copies lie in more than one split, where the folders have it so. */
  torn: number;
  /** Copies that lie in another class than their original. */
  contradictions: number;
  /** Validation and test images that are copies of training images, where the folders have it so. */
  leaked: number;
  /** Classes too small to hold anything out of. */
  unsplitClasses: number[];
}

/**
 * Images that could not be read are in no split. Copies of a picture, in whatever bytes, go together, so that none is trained
 * on and tested. The split of an image depends on its content and the class's others', not on names, times or the size of images.
 */
export function assignSplits(list: ImageList, index: DecodedIndex): AssignedSplits {
  const { order, groups: all } = byContent(list, index);
  const isUnlabelled = (i: number): boolean => list.splitOf[i] === UNLABELLED;
  const unlabelled = [...all()].filter((group) => group.every(isUnlabelled)).map(([first]) => first);
  const groups = function* (): Generator<Uint32Array> {
    for (const group of all()) if (!group.every(isUnlabelled)) yield group.filter((i) => !isUnlabelled(i));
  };
  const splits = list.splitOf.slice();
  const present = new Set(order.map((i) => splits[i]));
  // Flat folders are training images of which both are held out; with train/ only what is missing is.
  for (const i of order) if (splits[i] === UNDECIDED) splits[i] = TRAIN;
  const trains = present.has(UNDECIDED) || present.has(TRAIN);
  const wanted = {
    test: trains && !present.has(TEST) ? HELD_OUT.test : 0,
    validation: trains && !present.has(VALIDATION) ? HELD_OUT.validation : 0,
  };

  // A group counts for the class of its first training image in the list.
  const leaderOf = (group: Uint32Array): number => group.reduce((found, i) => (splits[i] === TRAIN && i < found ? i : found), Infinity);
  const sizes = new Uint32Array(list.labels.length);
  let duplicates = 0;
  let otherBytes = 0;
  let contradictions = 0;
  for (const group of groups()) {
    duplicates += group.length - 1;
    otherBytes += new Set(group.length > 1 ? [...group].map((i) => Buffer.from(index.sha256(i)).toString('hex')) : ['']).size - 1;
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
  let torn = 0;
  for (const group of groups()) if (group.some((i) => splits[i] !== splits[group[0]])) torn++;
  const of = (split: number): Uint32Array => order.filter((i) => splits[i] === split);
  const holdsOut = wanted.test > 0 || wanted.validation > 0;
  return {
    train: of(TRAIN),
    validation: of(VALIDATION),
    test: of(TEST),
    unlabelled: Uint32Array.from(unlabelled),
    duplicates,
    otherBytes,
    torn,
    contradictions,
    leaked,
    unsplitClasses: holdsOut ? [...sizes.keys()].filter((label) => sizes[label] < FEWEST_TO_SPLIT) : [],
  };
}

/**
 * The images that were read, ordered by a hash of seed and content. Those of the same pixels are neighbours, a group, which
 * goes by the file whose hash is least: a picture without copies stays where it is whatever copies others get.
 */
function byContent(list: ImageList, index: DecodedIndex): { order: Uint32Array; groups: () => Generator<Uint32Array> } {
  const read = Uint32Array.from({ length: list.count }, (_, i) => i).filter((i) => index.isDecoded(i));
  const samePixels = read.sort((a, b) => Buffer.compare(index.pixelsSha256(a), index.pixelsSha256(b)) || a - b);
  const starts: number[] = [];
  for (let at = 0; at < samePixels.length; at++) {
    if (at === 0 || Buffer.compare(index.pixelsSha256(samePixels[at - 1]), index.pixelsSha256(samePixels[at])) !== 0) starts.push(at);
  }
  const groupAt = (g: number): Uint32Array => samePixels.subarray(starts[g], starts[g + 1] ?? samePixels.length);
  const keys = Array.from(starts, (_, g) => {
    const least = groupAt(g).reduce((found, i) => (Buffer.compare(index.sha256(i), index.sha256(found)) < 0 ? i : found));
    return createHash('sha256').update(`split ${SPLIT_SEED}\n`).update(index.sha256(least)).digest();
  });
  const sorted = [...starts.keys()].sort((a, b) => Buffer.compare(keys[a], keys[b]));
  const order = new Uint32Array(read.length);
  const ends: number[] = [];
  for (const g of sorted) {
    const group = groupAt(g);
    order.set(group, ends.at(-1) ?? 0);
    ends.push((ends.at(-1) ?? 0) + group.length);
  }
  return {
    order,
    *groups() {
      for (const [g, end] of ends.entries()) yield order.subarray(g === 0 ? 0 : ends[g - 1], end);
    },
  };
}
