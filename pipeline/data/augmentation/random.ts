/**
 * Random numbers that depend on their keys alone: sample i of epoch e gets the same draws in whatever
 * worker, and in whatever order, it is computed. The generator is sfc32 (C. Doty-Humphrey, PractRand); the
 * keys become its state through MurmurHash3's finaliser.
 */
export interface Random {
  /** A number in [0, 1), a multiple of 2^-32. */
  next(): number;
  /** A whole number in 0…n-1, every one equally likely; n in 1…2^32. */
  integer(n: number): number;
  /** Makes this generator the one that `createRandom(...keys)` would return; cheap enough to do per image. */
  reseed(...keys: number[]): void;
}

const TWO_POW_32 = 4294967296;
/** sfc32 needs some rounds until every bit of the state depends on every bit of the seed. */
const WARM_UP_ROUNDS = 12;

/**
 * @param keys - whole numbers in 0…2^32-1, such as (seed, epoch, sampleIndex, viewId); their number counts
 *   too: (1) and (1, 0) are different streams
 * @throws RangeError for a key out of range
 */
export function createRandom(...keys: number[]): Random {
  const random = new Sfc32();
  random.reseed(...keys);
  return random;
}

class Sfc32 implements Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private counter = 0;

  reseed(...keys: number[]): void {
    let hash = mix(keys.length);
    this.a = hash;
    this.b = mix(hash ^ 0x9e3779b9);
    this.c = mix(hash ^ 0x7f4a7c15);
    for (const key of keys) {
      if (!(key >= 0 && key < TWO_POW_32 && Number.isInteger(key))) {
        throw new RangeError(`a key of a random stream is a whole number in 0…4294967295; came ${key}`);
      }
      // Three words depend on every key in different ways, so that streams of different keys do not meet.
      hash = mix((hash + 0x9e3779b9) ^ key);
      this.a = mix(this.a ^ hash);
      this.b = mix(this.b + hash);
      this.c = mix(this.c ^ Math.imul(hash, 5));
    }
    this.counter = 1;
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.bits();
  }

  next(): number {
    return this.bits() / TWO_POW_32;
  }

  integer(n: number): number {
    if (!(n >= 1 && n <= TWO_POW_32 && Number.isInteger(n))) {
      throw new RangeError(`integer(n) needs a whole n in 1…4294967296; came ${n}`);
    }
    // Draws beyond the last whole multiple of n would favour the small results.
    const limit = TWO_POW_32 - (TWO_POW_32 % n);
    let bits = this.bits();
    while (bits >= limit) bits = this.bits();
    return bits % n;
  }

  private bits(): number {
    const result = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + result) | 0;
    return result >>> 0;
  }
}

/** MurmurHash3's 32-bit finaliser: every input bit changes about half of the output bits. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
