/** Parts of `@sld-edge/runtime` that browsers and Node share: packages, images, sessions; TensorFlow.js is loaded when a graph is. */
export * from './backends/index.ts';
export {
  createClassifier,
  type PixelClassifier,
  type ClassifierOptions,
  type PixelClassification,
  type Prediction,
} from './classifier/classifier.ts';
export type { CallOptions } from './classifier/call-options.ts';
export type { Candidate, RejectedBackend } from './classifier/demotion.ts';
export { graphTolerance } from './classifier/goldens.ts';
export { abstains } from './classifier/abstain.ts';
export { DIVERGED, locateDivergence, type LayerDivergence } from './classifier/locate-divergence.ts';
export {
  createSession,
  type Admit,
  type Classification,
  type ClassifyOptions,
  type NetworkInput,
  type Session,
  type SessionOptions,
} from './classifier/session.ts';
export type { ClassifierReport } from './classifier/report.ts';
export { softmax } from './classifier/softmax.ts';
export { topK } from './classifier/top-k.ts';
export {
  AppError,
  ERROR_CATALOGUE,
  problemType,
  toAppError,
  type ErrorCode,
  type ErrorDetails,
  type ProblemDocument,
} from './errors/catalogue.ts';
export { appErrorFromParts, errorParts, type ErrorParts } from './errors/parts.ts';
export { recogniseError } from './errors/recognise.ts';
export * from './image/index.ts';
export type { Pixels } from './image/pixels.ts';
export { calibrationOf } from './package/calibration.ts';
export { graphOf, type LoadedGraph, type LoadedNetwork, type LoadedProgram } from './package/load-network.ts';
export {
  loadIndexedManifest,
  loadManifest,
  loadModelIndex,
  loadPackage,
  type LoadedPackage,
  type LoadPackageOptions,
} from './package/load.ts';
export * from './package/manifest.ts';
export { neededFiles, packageFiles } from './package/package-files.ts';
export { readVerified, type ReadFile } from './package/read-verified.ts';
export { sha256Hex } from './package/sha256.ts';
export type { DownloadProgress } from './transfer/fetch-package.ts';
export { variantNames, variantOf } from './package/variant-of.ts';
export * from './package/variants.ts';
