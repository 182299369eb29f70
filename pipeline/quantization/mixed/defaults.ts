import type { EncodingName } from '../encodings.ts';

/** What a mix is made of, beside float32, unless other encodings are asked for. */
export const MIX_ENCODINGS: readonly EncodingName[] = ['float16', 'int8', 'int4', 'int4g32'];

/** Training images by which each layer's damage is measured, unless another number is asked for. */
export const DAMAGE_IMAGES = 256;

/** Test images by which encodings and mixes are compared, but for the chosen one. */
export const COMPARISON_IMAGES = 1000;
