/**
 * Whether an answer should be withheld: the one decision of server, page and pipeline.
 *
 * @param probability of the likeliest class, calibrated
 * @param threshold of the variant's calibration; null: every answer is given
 */
export function abstains(probability: number, threshold: number | null): boolean {
  return threshold !== null && probability < threshold;
}
