/**
 * English words that a first visit shows up to its first answer. Those of the panels and of what comes when it is first used are in
 * panel-strings.ts, those of errors in error-words.ts, and what is seen before a script runs in index.html. Whoever translates the page
 * changes these four files.
 */

export const PAGE_TEXT = {
  staleModel: 'The newest model is not here yet, so an earlier one answers.',
  newestModel: 'The newest model has come and answers from here on.',
  backendStopped: (stopped: string, next: string, reason: string) => `${stopped} was stopped; ${next} answers from here on. ${reason}`,
  threadsLost: (reason: string) => `One thread answers from here on, with the same numbers: ${reason}.`,
  newBuild: 'A new version of this page is ready.',
  newModel: 'Another tab uses a newer model. Reload to use it here.',
  quickModel: 'This model comes from a quick trial run: its answers are not a real result.',
  alteredPixels:
    'This browser alters the pixels that pages read from images (fingerprinting protection), so answers may be off. Allow canvas access for this site to get exact ones.',
  noModel: 'there is no model to keep',
  lookingForModels: 'Looking for models…',
  reload: 'Reload',
  goOn: 'Go on',
  sample: (label: string) => `Try the sample labelled ${label}`,
  kinds: (number: number) => `Give it an image. It tells ${number} kinds apart:`,
  moreKinds: (number: number) => `and ${number} more`,
};

export const WAITING_TEXT = {
  gettingReady: 'Getting the model ready…',
  checking: 'Getting the model ready: checking that this device computes it right…',
  progress: (done: string, total: string) => `Getting the model ready: ${done} of ${total}`,
  bar: 'Download of the model',
  stop: 'Stop the download',
};

export const ANSWER_TEXT = {
  unsure: 'The model is not sure: take this as a guess.',
  chart: 'The likeliest classes',
  time: 'Time',
  decode: (time: string) => `decode ${time}`,
  prepare: (time: string) => `prepare ${time}`,
  infer: (time: string) => `infer ${time}`,
  computedBy: 'Computed by',
  onThisDevice: 'on this device',
  model: 'Model',
  version: (version: string) => `version ${version}`,
  spokenUnsure: ' The model is not sure.',
  spokenRest: (rest: string) => ` Then ${rest}.`,
  given: 'The image you gave',
  yourImage: 'Your image',
  modelSees: 'What the model sees',
  networkInput: 'The input of the network',
};

/** Names of the backends. */
export const BACKEND_TEXT: Record<string, string> = {
  'tfjs-wasm': 'WebAssembly',
  'tfjs-webgpu': 'WebGPU',
  interpreter: 'integer interpreter',
  wasm: 'WebAssembly, integers',
  'wasm-relaxed': 'WebAssembly, integers, relaxed SIMD',
  'wasm-scalar': 'WebAssembly, integers, without SIMD',
  webgpu: 'WebGPU, integers',
};

export const OFFLINE_TEXT = {
  saving: 'Saving for offline use…',
  asking: 'asking this browser to keep the page',
  progress: (percent: number) => `Saving for offline use: ${percent} %`,
  stored: (done: string, total: string) => `${done} of ${total} verified and stored`,
  ready: 'Ready offline',
  kept: (files: number, size: string, model: string) => `${files} files, ${size}, each verified and on this device (${model})`,
  onlineOnly: 'Online only',
  memory: 'Works from memory',
  fromMemory: 'the page works from memory until it is closed',
  earlier: 'Earlier model saved offline',
  earlierAnswers: (model: string) => `without a network the earlier model ${model} answers, which is whole on this device`,
  noRoom: 'No room to save offline',
  notSaved: 'Not saved for offline use',
  stopped: 'Saving was stopped',
  stoppedLong: 'you stopped it; what was saved stays, and the next visit goes on from there',
};
