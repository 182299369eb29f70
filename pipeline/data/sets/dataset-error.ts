/** Match on the code, never on the text. docs/datasets.md lists them. */
export type DatasetErrorCode =
  | 'DATASET_UNKNOWN'
  | 'FOLDER_MISSING'
  | 'FILE_MISSING'
  | 'FILE_CORRUPT'
  | 'SOURCE_UNREACHABLE'
  | 'FOLDER_LAYOUT'
  | 'CLASS_NAME'
  | 'CLASS_EMPTY'
  | 'CLASS_UNKNOWN'
  | 'IMAGE_SIZES_DIFFER'
  | 'IMAGES_UNREADABLE'
  | 'NORMALISATION'
  | 'SPLIT_EMPTY'
  | 'DISK_FULL';

/** One clear line: what was expected, what came, what is allowed. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';
  readonly code: DatasetErrorCode;

  constructor(code: DatasetErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
