/** Temperature scaling (Guo et al. 2017, arXiv 1706.04599): one number that makes probabilities mean what they say. */

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;
const TEMPERATURE_RANGE: [number, number] = [0.05, 20];
const BINS = 15;

/** Cross-entropy of one row of logits with its label: the negative log-likelihood of softmax(row / T). */
export function crossEntropyOf(row: Float32Array, label: number, temperature = 1): number {
  const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
  let total = 0;
  for (const logit of row) total += Math.exp((logit - largest) / temperature);
  return Math.log(total) - (row[label] - largest) / temperature;
}

/** Mean negative log-likelihood of softmax(logits / T); logits `[N, classes]`. */
export function negativeLogLikelihood(logits: Float32Array, labels: ArrayLike<number>, classes: number, temperature: number): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) sum += crossEntropyOf(logits.subarray(i * classes, (i + 1) * classes), labels[i], temperature);
  return sum / labels.length;
}

/** The temperature of least negative log-likelihood, by golden-section search over its logarithm (the function has one minimum). */
export function fitTemperature(logits: Float32Array, labels: ArrayLike<number>, classes: number): number {
  let [low, high] = TEMPERATURE_RANGE.map(Math.log);
  const loss = (logTemperature: number): number => negativeLogLikelihood(logits, labels, classes, Math.exp(logTemperature));
  while (high - low > 1e-4) {
    const [left, right] = [high - GOLDEN_RATIO * (high - low), low + GOLDEN_RATIO * (high - low)];
    if (loss(left) < loss(right)) high = right;
    else low = left;
  }
  return Math.round(Math.exp((low + high) / 2) * 1e4) / 1e4;
}

/** The images whose confidence lies in `[lower, upper)`; the last bin holds 1 too. */
export interface ReliabilityBin {
  lower: number;
  upper: number;
  count: number;
  /** Sums over the bin's images: of right answers, and of the probability of the answer. */
  correct: number;
  confidence: number;
}

/** 15 equal bins of confidence (Guo et al. 2017, section 2), of softmax(logits / T); logits `[N, classes]`. */
export function reliabilityBins(logits: Float32Array, labels: ArrayLike<number>, classes: number, temperature: number): ReliabilityBin[] {
  const bins = Array.from({ length: BINS }, (_, i) => ({ lower: i / BINS, upper: (i + 1) / BINS, count: 0, correct: 0, confidence: 0 }));
  for (let i = 0; i < labels.length; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    let best = 0;
    for (let c = 1; c < classes; c++) if (row[c] > row[best]) best = c;
    let total = 0;
    for (const logit of row) total += Math.exp((logit - row[best]) / temperature);
    const confidence = 1 / total;
    const bin = bins[Math.min(BINS - 1, Math.floor(confidence * BINS))];
    bin.count++;
    bin.confidence += confidence;
    if (best === labels[i]) bin.correct++;
  }
  return bins;
}

/** Expected calibration error: Σ share · |accuracy - confidence| over bins, which may be those of several runs together. */
export function calibrationErrorOf(bins: readonly ReliabilityBin[]): number {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  return bins.reduce((sum, { correct, confidence }) => sum + Math.abs(correct - confidence), 0) / count;
}

/** The expected calibration error of softmax(logits / T) over the bins of `reliabilityBins`. */
export function expectedCalibrationError(logits: Float32Array, labels: ArrayLike<number>, classes: number, temperature: number): number {
  return calibrationErrorOf(reliabilityBins(logits, labels, classes, temperature));
}
