/** A program of others that loads an export, and what it must answer. */
export interface Consumer {
  name: string;
  /** Installs it, once. @throws Error in one line where this machine can't have it */
  install(say: (line: string) => void): Promise<void>;
  /** Answers of one model file to pictures: probabilities by label. @returns by a name of the file, in the order of `pictures` */
  answers(work: string, packageFolder: string, pictures: readonly string[]): Promise<Record<string, Record<string, number>[]>>;
  /** Variant that each of these names stands for. */
  variants: Record<string, 'float32' | 'integer'>;
}

/** Largest difference of a probability from ours. */
export const LARGEST_DIFFERENCE = 0.005;
