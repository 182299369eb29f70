/** Whether a loss in points is allowed: a figure that is no number is not. Counts of images divide, so that equal figures may differ in their last bit. */
export const holds = (drop: number, maxDrop: number): boolean => drop <= maxDrop + 1e-9;
