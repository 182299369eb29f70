/**
 * Every error that this project answers with, in one table. Code is matched on `code`, never on text; a code is
 * never reused for something else. The same list for people is docs/errors.md; a test keeps the two in agreement.
 */

interface CatalogueEntry {
  /** HTTP status that the server answers with; for errors that never leave a process, the status they would have. */
  status: number;
  /** Short, the same for every occurrence (RFC 9457, "title"). */
  title: string;
  /** One sentence for this occurrence; `{name}` is replaced by `details.name`. */
  message: string;
}

const catalogue = {
  IMAGE_NOT_RECOGNISED: {
    status: 415,
    title: 'Not an image',
    message: 'The {bytes} bytes do not begin like an image; allowed: JPEG, PNG, WebP, GIF, AVIF, TIFF.',
  },
  IMAGE_TRUNCATED: { status: 422, title: 'Image is cut off', message: 'The {format} image ends too early: part of the file is missing.' },
  IMAGE_TOO_LARGE: { status: 413, title: 'Image has too many bytes', message: 'The image is larger than {maxBytes} bytes.' },
  IMAGE_TOO_MANY_PIXELS: {
    status: 413,
    title: 'Image has too many pixels',
    message: 'The image is {width} x {height} pixels; at most {maxPixels} pixels are accepted.',
  },
  IMAGE_SIDE_TOO_LONG: {
    status: 413,
    title: 'Image has too long a side',
    message: 'The image is {width} x {height} pixels; a side may have at most {maxSide}.',
  },
  IMAGE_TOO_MUCH_MEMORY: {
    status: 413,
    title: 'Image needs too much memory',
    message:
      'Decoding the image takes {decodingBytes} bytes of memory; at most {maxDecodingBytes} are given to a picture. Save it smaller, or as a JPEG.',
  },
  IMAGE_TOO_SLOW: {
    status: 422,
    title: 'Image takes too long',
    message: 'The image was not decoded within {timeoutMs} ms; save it again with another program.',
  },
  IMAGE_CMYK: {
    status: 415,
    title: 'CMYK image',
    message: 'The {format} image is in CMYK, which decoders turn into different colours; save it as RGB.',
  },
  IMAGE_KIND_UNSUPPORTED: {
    status: 415,
    title: 'Image of an unsupported kind',
    message: 'The {format} image is of a kind that is not supported ({kind}); save it as PNG or as an ordinary JPEG.',
  },
  IMAGE_HEIC: {
    status: 415,
    title: 'HEIC image',
    message:
      'HEIC photographs are not supported, whatever the file is called; save it as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible).',
  },
  IMAGE_UNDECODABLE: {
    status: 422,
    title: 'Image cannot be decoded',
    message: 'The {format} image is damaged: its pixels cannot be decoded.',
  },
  IMAGE_NOT_DRAWN: {
    status: 413,
    title: 'Image was not drawn',
    message: 'The browser gave no pixels of the image of {width} x {height} pixels; scale it down, or close other pages.',
  },
  IMAGE_MISSING: {
    status: 400,
    title: 'No image in the request',
    message: 'The request has no image: send a multipart form with a part "image", the image as the body, or JSON with "image".',
  },
  IMAGE_ELSEWHERE: {
    status: 403,
    title: 'Image lies on another site',
    message: 'The image lies at {address}, which this page may not ask: give the image itself, or its file.',
  },
  CAMERA_REFUSED: { status: 403, title: 'Camera was refused', message: 'The camera may not be used: {reason}.' },
  CAMERA_MISSING: { status: 404, title: 'No camera', message: 'There is no camera to use: {reason}.' },
  CAMERA_BUSY: { status: 503, title: 'Camera is busy', message: 'The camera gives no pictures: {reason}.' },
  REQUEST_MALFORMED: { status: 400, title: 'Malformed request', message: 'The request cannot be understood: {reason}.' },
  FORM_TOO_LARGE: {
    status: 413,
    title: 'Form has too many parts',
    message: 'The form has more than {maxParts} parts; send fewer images at once, and nothing beside them.',
  },
  REQUEST_TIMEOUT: { status: 408, title: 'Request took too long', message: 'The request did not arrive whole within {timeoutMs} ms.' },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: 'Headers are too large',
    message: 'The request line and the headers are larger than {maxBytes} bytes.',
  },
  EXPECTATION_FAILED: { status: 417, title: 'Unknown expectation', message: 'The header Expect says "{expect}"; allowed: 100-continue.' },
  HOST_NOT_ALLOWED: {
    status: 403,
    title: 'Host is not allowed',
    message: 'The request is addressed to "{host}", which is not among the hosts that this server answers for.',
  },
  CROSS_ORIGIN_REFUSED: {
    status: 403,
    title: 'Request from another origin',
    message: "The request comes from a page of another origin ({origin}); only this server's own pages may send it.",
  },
  API_KEY_REQUIRED: {
    status: 401,
    title: 'API key is required',
    message: 'This needs an API key, and {reason}; send it as "Authorization: Bearer KEY".',
  },
  RATE_LIMITED: {
    status: 429,
    title: 'Too many requests',
    message: 'A sender has {perMinute} requests a minute; try again in {retryAfterSeconds} s.',
  },
  CONTENT_TYPE_UNSUPPORTED: {
    status: 415,
    title: 'Unsupported content type',
    message: 'The content type is "{contentType}"; allowed: multipart/form-data, image/*, application/octet-stream, application/json.',
  },
  CONTENT_CODING_UNSUPPORTED: {
    status: 415,
    title: 'Unsupported content coding',
    message: 'The body is encoded by "{contentCoding}"; allowed: gzip, br, or none.',
  },
  MODEL_UNKNOWN: { status: 404, title: 'Unknown model', message: 'There is no model "{model}"; there are: {allowed}.' },
  MODEL_REFUSED: {
    status: 503,
    title: 'Model was refused',
    message: 'The package of the model "{model}" is there, but it cannot be used: {reason}.',
  },
  VARIANT_UNKNOWN: {
    status: 404,
    title: 'Unknown variant',
    message: 'The model "{model}" has no variant "{variant}"; there are: {allowed}.',
  },
  NOT_FOUND: { status: 404, title: 'Not found', message: 'There is nothing at {path}.' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'Method not allowed', message: '{method} is not possible at {path}; allowed: {allowed}.' },
  NOT_READY: { status: 503, title: 'Not ready', message: 'The server does not answer yet, or no more: {state}.' },
  OVERLOADED: {
    status: 503,
    title: 'Overloaded',
    message: 'All workers are busy and {queued} images are waiting, which is the limit; try again in {retryAfterSeconds} s.',
  },
  DEADLINE_EXCEEDED: {
    status: 503,
    title: 'Deadline exceeded',
    message: 'The image was not answered within {deadlineMs} ms of its arrival; try again in {retryAfterSeconds} s.',
  },
  UPLOADS_OVER_BUDGET: {
    status: 503,
    title: 'Too many uploads at once',
    message: 'Other uploads hold the {budgetBytes} bytes that are kept for them; try again in {retryAfterSeconds} s.',
  },
  WORKER_LOST: {
    status: 503,
    title: 'Worker was lost',
    message: 'The process that worked on the image ended and is being replaced; try again in {retryAfterSeconds} s.',
  },
  MEMORY_EXHAUSTED: {
    status: 503,
    title: 'Memory is exhausted',
    message: 'There is not enough memory ({reason}); close what else is open, or give less at once.',
  },
  NETWORK_FAILED: { status: 502, title: 'Network failed', message: 'The network failed ({reason}); check the connection, then try again.' },
  DOWNLOAD_STOPPED: {
    status: 499,
    title: 'Download was stopped',
    message: 'The download was stopped before it was whole; what came is kept.',
  },
  STOPPED: { status: 499, title: 'Work was stopped', message: 'The work was stopped by whoever asked for it.' },
  DISPOSED: { status: 410, title: 'Classifier was disposed of', message: 'The classifier was disposed of before; load it again.' },
  INPUT_UNSUPPORTED: { status: 415, title: 'Input of an unsupported kind', message: 'The input must be {expected}; got {got}.' },
  OPTION_INVALID: { status: 400, title: 'Invalid option', message: 'The option "{option}" must be {expected}; got {got}.' },
  PROGRAM_FILE_MISSING: {
    status: 500,
    title: 'Part of the program is missing',
    message: 'The program\'s own file "{file}" cannot be loaded: {reason}.',
  },
  FILE_UNUSABLE: { status: 500, title: 'File cannot be used', message: 'The file "{path}" cannot be used: {reason}.' },
  INTERNAL: {
    status: 500,
    title: 'Internal error',
    message: 'Something failed that was not foreseen; try again, and report it where it fails again.',
  },
  PACKAGE_FORMAT_UNSUPPORTED: {
    status: 500,
    title: 'Unsupported package format',
    message: 'The package has format version {got}, this program reads {expected}: {advice}.',
  },
  PACKAGE_MANIFEST_INVALID: {
    status: 500,
    title: 'Invalid manifest',
    message: 'The manifest is invalid at "{field}": expected {expected}, got {got}.',
  },
  PACKAGE_FILE_MISSING: {
    status: 500,
    title: 'Package file is missing',
    message: 'The package\'s file "{file}" cannot be read: {reason}.',
  },
  PACKAGE_FILE_CORRUPT: {
    status: 500,
    title: 'Package file is corrupt',
    message: 'The package\'s file "{file}" is not what its manifest says: expected {expected}, got {got}.',
  },
  SECURE_CONTEXT_REQUIRED: {
    status: 500,
    title: 'Secure context required',
    message: 'The page was not opened over https or from localhost, so this browser offers no SHA-256 to check the model with.',
  },
  BACKEND_UNAVAILABLE: { status: 500, title: 'Backend is not available', message: 'The backend "{backend}" cannot be used: {reason}.' },
  BACKEND_GOLDEN_MISMATCH: {
    status: 500,
    title: 'Backend computes wrong answers',
    message:
      'The backend "{backend}" does not reproduce the golden logits of {model} ({variant}): largest error {worstError}, allowed {tolerance}.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

type PlaceholdersOf<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | PlaceholdersOf<Rest> : never;

/** Details of one occurrence: the placeholders of the code's message, and whatever else helps. */
export type ErrorDetails<Code extends ErrorCode> = Record<PlaceholdersOf<(typeof catalogue)[Code]['message']>, string | number> &
  Record<string, string | number>;

/** The table, for the documentation's test and for pages that list the codes. */
export const ERROR_CATALOGUE: Readonly<Record<ErrorCode, Readonly<CatalogueEntry>>> = catalogue;

/** An `application/problem+json` document (RFC 9457) with the extension members `code` and `details`. */
export interface ProblemDocument {
  /** A URI reference, stable for each code: `/problems/image-cmyk`. */
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  details: Record<string, string | number>;
  /** The occurrence: the request's path. */
  instance?: string;
}

/**
 * The one error class that crosses module borders.
 *
 * @example throw new AppError('IMAGE_TOO_LARGE', { maxBytes: limits.maxBytes });
 */
export class AppError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code;
  readonly status: number;
  readonly details: Record<string, string | number>;

  constructor(code: Code, details: ErrorDetails<Code>, options?: { cause?: unknown }) {
    const values: Record<string, string | number> = details;
    super(
      catalogue[code].message.replace(/\{(\w+)\}/g, (_whole, name: string) => String(values[name])),
      options,
    );
    this.name = 'AppError';
    this.code = code;
    this.status = catalogue[code].status;
    this.details = values;
  }

  /** @param instance the path of the request that met the error */
  toProblem(instance?: string): ProblemDocument {
    return {
      type: problemType(this.code),
      title: catalogue[this.code].title,
      status: this.status,
      detail: this.message,
      code: this.code,
      details: this.details,
      ...(instance === undefined ? {} : { instance }),
    };
  }
}

/** The stable URI reference of a code: `IMAGE_CMYK` → `/problems/image-cmyk`. */
export function problemType(code: ErrorCode): string {
  return `/problems/${code.toLowerCase().replaceAll('_', '-')}`;
}

/** Makes an AppError of whatever was thrown: an AppError stays, everything else becomes INTERNAL with a cause. */
export function toAppError(thrown: unknown): AppError {
  return thrown instanceof AppError ? thrown : new AppError('INTERNAL', {}, { cause: thrown });
}
