/** The gate of `--max-drop`: a quantized form is used only if it loses few enough answers on validation images. */

export interface GateResult {
  /** Percentage points of top-1 that the form lost against float32 on the validation images; negative where it gained. */
  drop: number;
  allowed: number;
  pass: boolean;
}

/** Counts of images divide, so that equal figures may differ in their last bit; a drop that is no number does not pass. */
export const gateOf = (drop: number, allowed: number): GateResult => ({ drop, allowed, pass: drop <= allowed + 1e-9 });
