/** PyTorch's symmetric zero padding in tfjs's terms. */

/** tfjs's explicit padding; 'valid' if there is none, which every kernel knows. */
export function symmetricPadding(padding: number): 'valid' | [[0, 0], [number, number], [number, number], [0, 0]] {
  return padding === 0
    ? 'valid'
    : [
        [0, 0],
        [padding, padding],
        [padding, padding],
        [0, 0],
      ];
}

/** 'same' where it pads exactly so (an odd kernel at stride 1), which kernels know best; explicit otherwise. */
export function convolutionPadding(kernel: number, stride: number, padding: number): 'same' | ReturnType<typeof symmetricPadding> {
  return stride === 1 && kernel === 2 * padding + 1 && padding > 0 ? 'same' : symmetricPadding(padding);
}
