/** Conversions between PyTorch's parameter layouts and TensorFlow's: lossless, both ways. */

/** OIHW to HWIO; `shape` is the OIHW shape. */
export function oihwToHwio(data: Float32Array, [o, i, h, w]: number[]): Float32Array {
  const out = new Float32Array(data.length);
  let at = 0;
  for (let a = 0; a < o; a++)
    for (let b = 0; b < i; b++)
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++) out[((y * w + x) * i + b) * o + a] = data[at++];
  return out;
}

/** HWIO to OIHW; `shape` is the OIHW shape. */
export function hwioToOihw(data: Float32Array, [o, i, h, w]: number[]): Float32Array {
  const out = new Float32Array(data.length);
  let at = 0;
  for (let a = 0; a < o; a++)
    for (let b = 0; b < i; b++)
      for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) out[at++] = data[((y * w + x) * i + b) * o + a];
  return out;
}

/** [rows, columns] to [columns, rows]. */
export function transpose(data: Float32Array, [rows, columns]: number[]): Float32Array {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c];
  return out;
}

/** The device layout of a PyTorch entry: HWIO for convolutions, [in, out] for linear layers, vectors as they are. */
export function toDeviceLayout(data: Float32Array, shape: number[]): { data: Float32Array; shape: number[] } {
  if (shape.length === 4) return { data: oihwToHwio(data, shape), shape: [shape[2], shape[3], shape[1], shape[0]] };
  if (shape.length === 2) return { data: transpose(data, shape), shape: [shape[1], shape[0]] };
  return { data, shape };
}

/** The inverse of `toDeviceLayout`; `shape` is the PyTorch shape. */
export function fromDeviceLayout(data: Float32Array, shape: number[]): Float32Array {
  if (shape.length === 4) return hwioToOihw(data, shape);
  if (shape.length === 2) return transpose(data, [shape[1], shape[0]]);
  return data;
}
