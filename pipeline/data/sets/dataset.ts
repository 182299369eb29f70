import type { ChannelStatistics } from './channel-statistics.ts';
import type { ImageSource } from './image-source.ts';

/** Images of one size and channel count with their classes. */
export interface ImageSet {
  count: number;
  /** Each `[height, width, channels]`, 0…255. */
  images: ImageSource;
  /** `[count]`: index into the data set's labels, or `NO_LABEL`. */
  labels: Uint16Array;
  /** Larger pictures of the same images, which views are cut from; absent: views are made of the images. */
  larger?: LargerImages;
}

export interface LargerImages {
  images: ImageSource;
  height: number;
  width: number;
}

/** Label of a picture whose class nobody said. */
export const NO_LABEL = 0xffff;

export interface Dataset {
  name: string;
  labels: string[];
  height: number;
  width: number;
  channels: 1 | 3;
  train: ImageSet;
  /** Validation images, if the data set has its own; else they are held out of the training set. */
  validation?: ImageSet;
  test: ImageSet;
  /** Pictures without a class, to learn from a teacher's answers about them. */
  unlabelled?: ImageSet;
  /** Statistics of the training images, if they are known already. */
  statistics?: ChannelStatistics;
  /** Files that could not be read. */
  skipped?: number;
  /** SHA-256 of the content of each file read, by name (of the unpacked content where the file is packed). */
  checksums: Record<string, string>;
  /** Origin of the files, for people and for provenance: no path of this machine. */
  source: string;
  /** Description of these images for users of a model; goes into the model card. */
  note?: string;
}

export interface OpenDatasetOptions {
  /** Told each source that is tried and why one was left, a line each. */
  onProgress?: (line: string) => void;
  /** Default: the cache folder of the product (docs/datasets.md). */
  cacheDir?: string;
  /** `folder`: side of the images in pixels; 0 (default): that of the files, which then must all have one size. */
  imageSize?: number;
  /** `folder` with an `imageSize`: the part of the shorter side that is kept, above 0, at most 1. Default 1. */
  cropRatio?: number;
  /** `folder` with an `imageSize`: side of the larger pictures that are kept beside the images, in pixels; 0 (default): none are. */
  viewSide?: number;
  /** `folder`: share of the files that may be unreadable and are skipped (at least ten are, with 0 none). Default 0.01. */
  maxUnreadable?: number;
}

/** Registry's entry of a data set. */
export interface DatasetDefinition {
  /** @param folder a local folder given by the user; without one the data set finds its files by itself. */
  open(folder: string | null, options: Required<OpenDatasetOptions>): Promise<Dataset>;
}
