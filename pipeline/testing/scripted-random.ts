import type { Random } from '../data/augmentation/random.ts';

/** Answers draws in order, so that what is made of them can be computed by hand. @throws Error for one draw too many */
export function scripted(...draws: number[]): Random {
  return {
    next: () => {
      if (draws.length === 0) throw new Error('one draw too many');
      return draws.shift() as number;
    },
    integer(n) {
      return Math.floor(this.next() * n);
    },
    reseed: () => {},
  };
}
