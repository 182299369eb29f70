import { expect, it } from 'vitest';
import { yuvToRgb, type YuvImage } from './yuv.ts';

/** One pixel, or a block of pixels that share their colours. */
function block(subsampling: YuvImage['subsampling'], luma: number[], width: number, u: number, v: number, more: Partial<YuvImage> = {}): number[] {
  const data = Uint8Array.from([...luma, u, v]);
  const planes: YuvImage['planes'] = [{ offset: 0, stride: width }, { offset: luma.length, stride: 1 }, { offset: luma.length + 1, stride: 1 }];
  return [...yuvToRgb({ width, height: luma.length / width, data, planes, subsampling, matrix: 'bt601', fullRange: true, ...more }).data];
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
  expect(block('4:4:4', [100], 1, 148, 178, { matrix: 'bt709' })).toEqual([179, 73, 137]);
});
