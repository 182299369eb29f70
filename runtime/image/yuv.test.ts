import { expect, it } from 'vitest';
import { yuvToRgb, type YuvImage } from './yuv.ts';

/** One pixel, or a block of pixels that share their colours. */
function block(
  subsampling: YuvImage['subsampling'],
  luma: number[],
  width: number,
  u: number,
  v: number,
  more: Partial<YuvImage> = {},
): number[] {
  const data = (more.bits ?? 8) > 8 ? Uint16Array.from([...luma, u, v]) : Uint8Array.from([...luma, u, v]);
  const planes: YuvImage['planes'] = [
    { offset: 0, stride: width },
    { offset: luma.length, stride: 1 },
    { offset: luma.length + 1, stride: 1 },
  ];
  return [
    ...yuvToRgb({
      width,
      height: luma.length / width,
      data,
      bits: 8,
      planes,
      subsampling,
      matrix: { red: 0.299, blue: 0.114 },
      fullRange: true,
      ...more,
    }).data,
  ];
}

it('computes 4:4:4 by BT.601, rounded', () => {
  // 100 + 1.402 * 50 = 170.1; 100 - 0.34414 * 20 - 0.71414 * 50 = 57.4; 100 + 1.772 * 20 = 135.44
  expect(block('4:4:4', [100], 1, 148, 178)).toEqual([170, 57, 135]);
  expect(block('4:4:4', [128], 1, 128, 128)).toEqual([128, 128, 128]);
  // Limits: 250 + 1.772 * 100 > 255, 10 - 1.402 * 128 < 0
  expect(block('4:4:4', [250], 1, 228, 128)[2]).toBe(255);
  expect(block('4:4:4', [10], 1, 128, 0)[0]).toBe(0);
});

it('uses the differences of 4:2:0 for four pixels, in fixed point', () => {
  // (359 * 50 + 128) >> 8 = 70; (-183 * 50 - 88 * 20 + 128) >> 8 = floor(-10782 / 256) = -43; (454 * 20 + 128) >> 8 = 35
  expect(block('4:2:0', [100, 0, 50, 200], 2, 148, 178)).toEqual([170, 57, 135, 70, 0, 35, 120, 7, 85, 255, 157, 235]);
});

it('widens studio levels, with other shares for BT.709', () => {
  // (235 - 16) * 1.1689 = 255.99; (16 - 16) = 0
  expect(block('4:4:4', [235], 1, 128, 128, { fullRange: false })).toEqual([255, 255, 255]);
  expect(block('4:2:0', [16], 1, 128, 128, { fullRange: false })).toEqual([0, 0, 0]);
  // 100 + 1.5748 * 50 = 178.7; 100 - 0.18732 * 20 - 0.46812 * 50 = 72.8; 100 + 1.8556 * 20 = 137.1
  expect(block('4:4:4', [100], 1, 148, 178, { matrix: { red: 0.2126, blue: 0.0722 } })).toEqual([179, 73, 137]);
});

it('computes 10 bits by 10 bits and takes the high 8', () => {
  // (400 + 1.402 * 200) = 680.4 / 4 = 170.1; (400 - 0.34414 * 80 - 0.71414 * 200) = 229.6, rounded 230 / 4 = 57.5; (400 + 1.772 * 80) = 541.8, 542 / 4 = 135.5
  expect(block('4:4:4', [400], 1, 592, 712, { bits: 10 })).toEqual([170, 57, 135]);
  // Limited before the low bits go: 1000 + 1.772 * 400 > 1023; 40 - 1.402 * 512 < 0
  expect(block('4:4:4', [1000], 1, 912, 512, { bits: 10 })[2]).toBe(255);
  expect(block('4:4:4', [40], 1, 512, 0, { bits: 10 })[0]).toBe(0);
  // Fixed point is for 8 bits: 4:2:0 gives the same as 4:4:4.
  expect(block('4:2:0', [400, 400, 400, 400], 2, 592, 712, { bits: 10 })).toEqual([170, 57, 135, 170, 57, 135, 170, 57, 135, 170, 57, 135]);
});

it('rounds halves as 32 bits of floating point do', () => {
  // 642 - 1.402 * 250 = 291.5 up to 292 / 4 = 73; with 64 bits 2 * (1 - 0.299) is a little more than 1.402, and 291 / 4 = 72.75
  expect(block('4:4:4', [642], 1, 512, 262, { bits: 10 })[0]).toBe(73);
});

it('widens studio levels of 12 bits', () => {
  // (3760 - 256) * 1.1689 = 4095.8, limited to 4095 / 16; black is 16 * 16
  expect(block('4:4:4', [3760], 1, 2048, 2048, { bits: 12, fullRange: false })).toEqual([255, 255, 255]);
  expect(block('4:4:4', [256], 1, 2048, 2048, { bits: 12, fullRange: false })).toEqual([0, 0, 0]);
});

it('adds and subtracts the differences of YCgCo', () => {
  // Green 20 above, orange 50 above the middle: red 100 - 20 + 50, green 100 + 20, blue 100 - 20 - 50.
  expect(block('4:4:4', [100], 1, 148, 178, { matrix: 'YCgCo' })).toEqual([130, 120, 30]);
});

it('takes the samples of the identity matrix for green, blue and red', () => {
  expect(block('4:4:4', [10], 1, 20, 30, { matrix: 'identity' })).toEqual([30, 10, 20]);
  expect(block('4:4:4', [43], 1, 83, 120, { matrix: 'identity', bits: 10 })).toEqual([30, 10, 20]);
});
