/** The contract between a frame of the bench's page and the runtime that it times. */

/** A network's models for one runtime, and the image. */
export interface SubjectModel {
  /** URL of the folder of the network's models, with a trailing slash. */
  folder: string;
  /** Bytes of one image, NHWC. */
  pixels: Uint8Array;
  size: number;
  channels: number;
  /** A pixel's level as the network's input: factor · level + offset. */
  scale: { factor: number; offset: number };
  threads: number;
}

/** Computes the image's logits as real numbers, from an array in memory to an array in memory. */
export type Compute = () => Promise<Float32Array>;

export type OpenSubject = (model: SubjectModel) => Promise<Compute>;

/** The network's input, NHWC. */
export const inputOf = ({ pixels, scale: { factor, offset } }: SubjectModel): Float32Array =>
  Float32Array.from(pixels, (level) => factor * level + offset);

export async function fetchBytes(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

export const fetchJson = async (url: string): Promise<unknown> => JSON.parse(new TextDecoder().decode(await fetchBytes(url))) as unknown;
