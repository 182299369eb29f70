/** Key of everything that cached logits depend on. Another key is another folder, so that a cache is never out of date. */
import { createHash } from 'node:crypto';
import { createRandom, PUBLISHED, strongView, weakView, type Augmentation, type ImageShape } from '../../data/augmentation/index.ts';
import type { Engine } from '../../engines/engine.ts';
import type { ViewName } from '../../distillers/index.ts';
import { sha256 } from '../../support/sha256.ts';
import type { RunData } from '../../data/run-data.ts';
import { FIXED_VIEWS } from './view-keys.ts';
import type { Teacher } from '../../teachers/teacher.ts';

/** Version of the files' layout and of how logits are computed; raised when either changes. */
const FORMAT = 1;

/** Images hashed of a larger set, evenly spaced; with every label and the files' checksums they tell splits and subsets apart. */
const SAMPLED_IMAGES = 1024;

/** Views hashed in place of a version number of the augmentation, which someone would forget to raise. */
const SAMPLED_VIEWS = 256;

export interface CacheKey {
  /** Names the folder. */
  digest: string;
  /** The parts, for people: written beside the logits. */
  parts: Record<string, unknown>;
}

export function cacheKey(teacher: Teacher, data: RunData, engine: Engine, augmentation: Augmentation = PUBLISHED): CacheKey {
  const { height, width, channels } = data.preprocessing;
  const parts = {
    format: FORMAT,
    teacher: {
      name: teacher.name,
      network: teacher.network,
      sha256: teacher.sha256,
      preprocessing: teacher.preprocessing,
      identity: teacher.identity,
    },
    data: {
      name: data.name,
      checksums: data.provenance.checksums,
      trainingImages: data.train.count,
      height,
      width,
      channels,
      content: contentDigest(data),
    },
    views: { ...FIXED_VIEWS, augmentation: augmentationDigest({ height, width, channels }, augmentation) },
    engine: engineFor(teacher, engine),
  };
  // The teacher's name is how the user called the file, not what it is.
  const decisive = { ...parts, teacher: teacher.identity };
  return { digest: sha256(JSON.stringify(decisive)).slice(0, 20), parts };
}

/** ONNX models compute on ONNX Runtime whatever the training engine is. */
function engineFor(teacher: Teacher, engine: Engine): string {
  return teacher.handle.kind === 'onnx' ? 'ONNX Runtime' : engine.description;
}

/** Digest of the training images and their order: all labels, and images evenly spaced. */
function contentDigest({ train }: RunData): string {
  const hash = createHash('sha256').update(new Uint8Array(Uint16Array.from(train.labels).buffer));
  const step = Math.max(1, Math.floor(train.count / SAMPLED_IMAGES));
  for (let i = 0; i < train.count; i += step) hash.update(train.images.image(i));
  return hash.digest('hex');
}

/** Digest of views of one made-up image, which changes with the augmentation's code. */
export function augmentationDigest(shape: ImageShape, augmentation: Augmentation): string {
  const size = shape.height * shape.width * shape.channels;
  const random = createRandom(FIXED_VIEWS.stream);
  const image = Uint8Array.from({ length: size }, () => random.integer(256));
  const view = new Uint8Array(size);
  const hash = createHash('sha256');
  if (augmentation.mixing) hash.update(JSON.stringify(augmentation.mixing));
  const makers: Record<ViewName, typeof weakView> = { weak: weakView, strong: strongView };
  for (const [name, make] of Object.entries(makers)) {
    hash.update(name);
    for (let i = 0; i < SAMPLED_VIEWS; i++) {
      random.reseed(i);
      make({ ...shape, data: image }, view, shape, random, augmentation);
      hash.update(view);
    }
  }
  return hash.digest('hex').slice(0, 16);
}
