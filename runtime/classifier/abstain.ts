/**
 * Decides whether an answer is withheld, for server, page and pipeline alike.
 *
 * @param probability of the likeliest class, calibrated
 * @param threshold of the variant's calibration; null: every answer is given
 */
export function abstains(probability: number, threshold: number | null): boolean {
  return threshold !== null && probability < threshold;
}
