/** Match on the code, never on the text. */
export type DatasetErrorCode = 'DATASET_UNKNOWN' | 'FOLDER_MISSING' | 'FILE_MISSING' | 'FILE_CORRUPT' | 'SOURCE_UNREACHABLE';

/** One clear line: what was expected, what came, what is allowed. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';
  readonly code: DatasetErrorCode;

  constructor(code: DatasetErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
