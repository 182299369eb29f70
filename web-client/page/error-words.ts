import type { ErrorCode } from '@sld-edge/runtime';

/** Plain words for an error, and what the reader can do about it. */
export interface ErrorWords {
  title: string;
  advice: string;
}

const CHOOSE_ANOTHER = 'Choose a JPEG, PNG, WebP, GIF or AVIF file.';
const RELOAD = 'Reload the page while you have a connection. If it happens again, tell whoever runs this site.';
const OPERATOR = 'This is not your doing: tell whoever runs this site, with the line below.';

/** One entry for each code of the catalogue; the compiler holds the two together. `wordsFor` chooses. */
export const ERROR_WORDS: Record<ErrorCode, ErrorWords> = {
  IMAGE_NOT_RECOGNISED: { title: 'That file is not an image', advice: CHOOSE_ANOTHER },
  IMAGE_TRUNCATED: {
    title: 'The image is incomplete',
    advice: 'Part of the file is missing, perhaps because a download was cut off. Get the file again, then choose it once more.',
  },
  IMAGE_TOO_LARGE: { title: 'The file is too large', advice: 'Choose a file of at most 10 MB, or save this one smaller.' },
  IMAGE_TOO_MANY_PIXELS: {
    title: 'The image has too many pixels',
    advice: 'Choose an image of at most 50 megapixels, or scale this one down.',
  },
  IMAGE_SIDE_TOO_LONG: {
    title: 'The image is too long or too wide',
    advice: 'Choose an image of at most 32,768 pixels a side, or cut this one.',
  },
  IMAGE_TOO_MUCH_MEMORY: { title: 'The image needs too much memory', advice: 'Scale it down, or save it as a JPEG.' },
  IMAGE_TOO_SLOW: { title: 'The image takes too long to open', advice: 'Save it again with another program, then choose it once more.' },
  IMAGE_CMYK: {
    title: 'The image is made for printing (CMYK)',
    advice: 'Its colours look different in every program. Save it as RGB, then choose it again.',
  },
  IMAGE_KIND_UNSUPPORTED: {
    title: 'Images of this kind cannot be read here',
    advice: 'Save it as PNG or as an ordinary JPEG, then choose it again.',
  },
  IMAGE_HEIC: {
    title: 'HEIC photos cannot be read here',
    advice: 'Save it as JPEG. On an iPhone: Settings, Camera, Formats, Most Compatible.',
  },
  IMAGE_UNDECODABLE: {
    title: 'The image cannot be opened',
    advice: `The file is damaged. Get it again, or save it anew. ${CHOOSE_ANOTHER}`,
  },
  IMAGE_NOT_DRAWN: {
    title: 'The image could not be drawn',
    advice: 'It is too large for this browser, or there is too little memory. Scale it down, or close other pages.',
  },
  IMAGE_MISSING: { title: 'There was no image in it', advice: 'Drop or paste the image itself or its file, not a link or text.' },
  IMAGE_ELSEWHERE: {
    title: 'That picture lies on another site',
    advice:
      'This page asks no other site for anything, which is how the browser keeps your pictures on this device. Copy the picture itself instead of its address and paste it, or save it and choose the file.',
  },
  CAMERA_REFUSED: {
    title: 'The camera was not allowed',
    advice: 'Allow the camera for this site (the symbol beside the address, or the browser’s settings), then start it again.',
  },
  CAMERA_MISSING: {
    title: 'There is no camera here',
    advice: 'Connect one, then start it again. Without https:// in the address browsers give pages no camera.',
  },
  CAMERA_BUSY: { title: 'The camera gives no pictures', advice: 'Close other programs and pages that use it, then start it again.' },
  MODEL_UNKNOWN: { title: 'There is no such model', advice: 'Check the name in the address, or open the page without it.' },
  MODEL_REFUSED: { title: 'The model cannot be used', advice: OPERATOR },
  VARIANT_UNKNOWN: { title: 'The model has no such variant', advice: 'Check the address, or open the page without it.' },
  PACKAGE_FORMAT_UNSUPPORTED: { title: 'The model is newer than this page', advice: 'Reload the page to get its newest version.' },
  PACKAGE_MANIFEST_INVALID: { title: 'The model cannot be used', advice: OPERATOR },
  PACKAGE_FILE_MISSING: { title: 'The model could not be downloaded', advice: RELOAD },
  PACKAGE_FILE_CORRUPT: {
    title: 'The model was refused: a file of it is not the original',
    advice: `It was fetched again, and is still not the original. ${RELOAD}`,
  },
  SECURE_CONTEXT_REQUIRED: {
    title: 'The page needs a secure connection',
    advice: 'Open it with https:// in front. Without it the browser offers no way to check the model.',
  },
  BACKEND_UNAVAILABLE: { title: 'This browser cannot compute the model', advice: 'Use a current browser.' },
  BACKEND_GOLDEN_MISMATCH: {
    title: 'This device computes wrong answers',
    advice: 'Its results differ from the known ones, so it was stopped. Use another browser, or another device.',
  },
  REQUEST_MALFORMED: { title: 'The request was not understood', advice: OPERATOR },
  FORM_TOO_LARGE: { title: 'The request had too many parts', advice: OPERATOR },
  REQUEST_TIMEOUT: { title: 'The upload took too long', advice: 'Try again with a better connection, or with a smaller file.' },
  HEADERS_TOO_LARGE: { title: 'The request was not understood', advice: 'Delete this site’s cookies, then try again.' },
  EXPECTATION_FAILED: { title: 'The request was not understood', advice: OPERATOR },
  HOST_NOT_ALLOWED: { title: 'The server does not answer at this address', advice: 'Check the address.' },
  CROSS_ORIGIN_REFUSED: { title: 'Another site sent the request', advice: 'Open the server’s own page and send the image from there.' },
  API_KEY_REQUIRED: { title: 'The server asks for a key', advice: OPERATOR },
  RATE_LIMITED: { title: 'Too many requests', advice: 'Try again in a minute.' },
  CONTENT_TYPE_UNSUPPORTED: { title: 'The file was sent in a wrong form', advice: OPERATOR },
  CONTENT_CODING_UNSUPPORTED: { title: 'The file was sent in a wrong encoding', advice: OPERATOR },
  NOT_FOUND: { title: 'There is nothing at this address', advice: 'Check the address.' },
  METHOD_NOT_ALLOWED: { title: 'The request was not understood', advice: OPERATOR },
  NOT_READY: { title: 'The server is still starting', advice: 'Try again in a few seconds.' },
  OVERLOADED: { title: 'The server is busy', advice: 'Try again in a few seconds.' },
  DEADLINE_EXCEEDED: { title: 'The server is busy', advice: 'Try again in a few seconds.' },
  UPLOADS_OVER_BUDGET: { title: 'The server is busy', advice: 'Try again in a few seconds.' },
  WORKER_LOST: { title: 'The server lost its thread', advice: 'Try again in a few seconds.' },
  MEMORY_EXHAUSTED: { title: 'There is not enough memory', advice: 'Close other pages and programs, then try again.' },
  NETWORK_FAILED: { title: 'The network failed', advice: 'Check the connection, then try again.' },
  DOWNLOAD_STOPPED: { title: 'The download was stopped', advice: 'Go on when you like: what came is kept until the page is closed.' },
  STOPPED: { title: 'It was stopped', advice: 'Choose the image again when you like.' },
  DISPOSED: { title: 'The model is no longer open', advice: RELOAD },
  INPUT_UNSUPPORTED: { title: 'That is not an image', advice: CHOOSE_ANOTHER },
  OPTION_INVALID: { title: 'The request was not understood', advice: OPERATOR },
  PROGRAM_FILE_MISSING: {
    title: 'A part of this page could not be loaded',
    advice: 'Reload the page while you have a connection: what is missing or damaged is then fetched again.',
  },
  FILE_UNUSABLE: {
    title: 'The file cannot be read',
    advice: 'It may be a folder, or have been moved or changed since it was chosen. Choose it again.',
  },
  INTERNAL: { title: 'Something went wrong', advice: RELOAD },
};

const ASKED_FOR: Partial<Record<ErrorCode, ErrorWords>> = {
  BACKEND_UNAVAILABLE: {
    title: 'This browser cannot compute the way that was asked for',
    advice: 'Open the page without “backend” in the address, or use a current browser.',
  },
  BACKEND_GOLDEN_MISMATCH: {
    title: 'This device computes wrong answers the way that was asked for',
    advice: 'Its results differ from the known ones, so it was stopped. Open the page without “backend” in the address.',
  },
};

const OF_SAMPLE: Partial<Record<ErrorCode, ErrorWords>> = {
  PACKAGE_FILE_MISSING: {
    title: 'The sample picture could not be loaded',
    advice: 'Try it again while you have a connection. The model is here: your own pictures are answered.',
  },
  PACKAGE_FILE_CORRUPT: {
    title: 'The sample picture is damaged',
    advice: 'It was fetched again, and is still not the original, so it was not asked about. Your own pictures are answered.',
  },
};

/** Subject of an error, where its code alone would say too much. */
export type ErrorSubject = 'sample';

/** @param search of the page's address: what it asks for is not the browser's choice */
export function wordsFor(code: ErrorCode, search: string, subject?: ErrorSubject): ErrorWords {
  const special = subject === 'sample' ? OF_SAMPLE[code] : new URLSearchParams(search).has('backend') ? ASKED_FOR[code] : undefined;
  return special ?? ERROR_WORDS[code];
}

/** Errors after which the same may go well: the page offers to go on. */
export const MAY_GO_ON: readonly ErrorCode[] = ['DOWNLOAD_STOPPED', 'PACKAGE_FILE_MISSING', 'NOT_READY', 'NETWORK_FAILED'];
