/**
 * Every English word that the page's scripts show, but for those of errors (error-words.ts) and of index.html. Whoever translates the
 * page changes these three files.
 */

const count = (number: number): string => number.toLocaleString('en');

/** @returns `1 picture`, `12 pictures` */
const pictures = (number: number): string => (number === 1 ? '1 picture' : `${count(number)} pictures`);

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

export const DEVICE_TEXT = {
  offline: 'Offline',
  storage: 'Storage',
  model: 'Model',
  classes: 'Classes',
  moreClasses: (labels: string, more: number) => `${labels} and ${count(more)} more`,
  inUse: 'Backend in use',
  notUsed: 'Backends not used',
  allUsed: 'none: the first one tried works',
  adapter: 'GPU adapter',
  none: 'none',
  goldens: 'Golden outputs',
  integersEqual: 'reproduced, every integer equal',
  largestDifference: (difference: string) => `reproduced, largest difference of a logit ${difference}`,
  threads: 'Threads',
  isolated: (threads: number, isolated: boolean) => `${threads}; cross-origin isolated: ${isolated ? 'yes' : 'no'}`,
  readyAfter: 'Ready after',
  pixels: 'Pixels read from images',
  altered: 'altered by this browser',
  exact: 'exact',
  doesNotTell: 'this browser does not tell',
  refusesToTell: 'this browser refuses to tell',
  used: (used: string, quota: string, kept: string) => `${used} used of ${quota}; ${kept}`,
  persisted: 'kept until you remove it',
  evictable: 'the browser may remove it when room is short',
  memory: 'Memory',
  memoryUsed: (size: string) => `this page and its workers use ${size}`,
  measuringMemory: 'the browser is still counting it',
  hardware: 'Hardware',
  cores: (cores: number, memory?: number) =>
    `${cores} processor threads${memory === undefined ? '' : `, ${memory} GB of memory or more`}, as the browser tells`,
  speed: 'Speed on this device',
  speedHint: 'Times each way of computing the model here, with one sample. The model is loaded anew for each.',
  measure: 'Measure the speed',
  measureAgain: 'Measure again',
  stopMeasuring: 'Stop measuring',
  measuring: (backend: string) => `Measuring ${backend}…`,
  measured: 'Measured. Shorter is faster; each time is the median of its runs.',
  measuringStopped: 'Measuring was stopped.',
  runs: (time: string, runs: number) => `${time} an image (${runs} runs)`,
  answers: 'answers here',
  tooSlow: (seconds: number) => `it was not ready within ${seconds} s`,
  report: 'Report for a fault',
  reportHint: 'Says what is above, without your pictures. Read it before you send it.',
  copyReport: 'Copy the report',
  copied: 'The report was copied.',
  copyRefused: 'This browser does not let the page copy. The report is selected: copy it yourself.',
};

export const CHOICE_TEXT = {
  chosen: 'answers here',
  use: 'Use it',
  useModel: (title: string) => `Use ${title}`,
  onDevice: 'on this device',
  remove: 'Remove',
  removeModel: (title: string) => `Remove ${title} from this device`,
  removed: (title: string) => `${title} was removed from this device.`,
  noAnswer: 'the service worker did not answer',
  nothingKept: 'nothing is kept on this device',
  loading: 'Looking for models…',
  notRemoved: (reason: string) => `It could not be removed: ${reason}.`,
  unreadable: (reason: string) => `Its description could not be read: ${reason}`,
  quick: 'trial run, no real result',
  facts: (classes: number, width: number, height: number) => `${count(classes)} classes, pictures of ${width} × ${height}`,
  download: 'Download',
  accuracy: 'Right answers',
  accuracyOf: (percent: string, images: number) => `${percent} of ${count(images)} test images`,
  agreementOf: (percent: string, images: number) => `agrees with the float network on ${percent} of ${count(images)} images`,
  withheld: (percent: string) => `below ${percent} it says that it is not sure`,
  calibration: 'Sureness',
  calibrationError: (percent: string) => `probabilities are off by ${percent} on average`,
  variants: (title: string) => `Ways to compute ${title}`,
  card: 'The model’s card',
  report: 'Report',
  wholeCard: 'Whole card',
  cardUnread: (reason: string) => `The card could not be read: ${reason}`,
  onlyHere: 'Without a network only what is on this device is listed.',
};

/** Variants in plain words. */
export const VARIANT_TEXT: Record<string, { name: string; about: string }> = {
  integer: { name: 'Exact', about: 'computes in whole numbers: the same answer to the last digit on every device' },
  float32: { name: 'Float', about: 'the network as it was trained, the largest download' },
  uint8: { name: 'Small float', about: 'rounded to a quarter of the size, computed in floating point' },
  mixed: { name: 'Smallest float', about: 'each layer rounded as far as it bears, computed in floating point' },
};

export const BATCH_TEXT = {
  heading: 'Many pictures',
  progress: (done: number, total: number) => `${count(done)} of ${pictures(total)} answered`,
  finished: (done: number, failed: number) =>
    failed === 0 ? `${pictures(done)} answered.` : `${pictures(done)} answered, ${pictures(failed)} could not be read.`,
  cancelled: (done: number, total: number) => `Cancelled: ${count(done)} of ${pictures(total)} were answered.`,
  passedOver: (number: number) => (number === 1 ? '1 other file was passed over.' : `${count(number)} other files were passed over.`),
  collecting: 'Looking for pictures…',
  cancel: 'Cancel',
  close: 'Close',
  bar: 'Pictures answered',
  list: 'Pictures, the surest answer first',
  filter: 'Show',
  everything: (number: number) => `all (${count(number)})`,
  ofClass: (label: string, number: number) => `${label} (${count(number)})`,
  unsure: (number: number) => `not sure (${count(number)})`,
  unread: (number: number) => `not read (${count(number)})`,
  exportCsv: 'Save as CSV',
  exportJson: 'Save as JSON',
  notSure: 'not sure',
  open: (name: string, label: string, percent: string) => `${name}: ${label}, ${percent}. Show it`,
  openFailed: (name: string, words: string) => `${name}: ${words}. Show why`,
  noPictures: 'There are no pictures in it.',
};

export const CAMERA_TEXT = {
  region: 'Live camera',
  starting: 'Asking for the camera…',
  view: 'What the camera sees',
  snapshot: 'Take a snapshot',
  snapshotName: 'snapshot.png',
  stop: 'Stop the camera',
  choose: 'Camera',
  unnamed: (number: number) => `Camera ${number}`,
  rate: (perSecond: string, dropped: number) => `${perSecond} answers a second; ${count(dropped)} frames were passed over`,
  ended: 'the camera was disconnected or stopped by the system',
  refused: 'it was not allowed in this browser',
  insecure: 'this browser gives pages none, or the page did not come over HTTPS',
  missing: 'none is connected',
  busy: 'another program may be using it',
  noFrames: (seconds: number) => `no picture came for ${seconds} s`,
};

export const SHARE_TEXT = {
  actions: 'With this answer',
  copyText: 'Copy as text',
  copyPicture: 'Copy as picture',
  savePicture: 'Save as picture',
  share: 'Share…',
  copied: 'The text was copied.',
  pictureCopied: 'The picture was copied.',
  pictureSaved: 'The picture was saved.',
  shared: 'It was handed over.',
  copyRefused: 'This browser does not let the page copy. Select this text and copy it yourself:',
  pictureRefused: 'This browser does not let the page copy pictures, so it was saved as a file.',
  shareRefused: (reason: string) => `It could not be shared: ${reason}.`,
  fileName: 'answer.png',
  unsure: 'The model is not sure.',
  text: (model: string, version: string, variant: string, backend: string) =>
    `Answered on the device by ${model}@${version} (${variant}, ${backend}).`,
};

export const COMPARISON_TEXT = {
  compare: 'Compare with the server',
  hint: 'Comparing sends this one picture to the server of this page. Without it no picture leaves the device.',
  asking: 'Asking the server…',
  caption: 'Probabilities of this device and of the server',
  class: 'Class',
  device: 'This device',
  server: 'Server',
  equal: (classes: number) => `Equal: all ${count(classes)} probabilities, to the last digit.`,
  differ: (different: number, classes: number, largest: string) =>
    `${count(different)} of ${count(classes)} probabilities differ, by ${largest} at most.`,
  differFloat: 'This is a floating-point variant: devices round differently, so small differences are expected.',
  differInteger: 'They must be equal for this variant. Please report it, with the report under “This device”.',
  computedBy: (backend: string, time: string) => `${backend}, ${time}`,
  noServer: 'There is no server that classifies behind this page: it is served as plain files. Everything happens on this device.',
  offline: 'The server could not be reached.',
  refused: (words: string) => `The server gave no answer: ${words}`,
  otherVersion: (version: string) => `The server has another version of the model (${version}). Reload the page to get it.`,
};
