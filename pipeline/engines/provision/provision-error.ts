/** Reasons why the native engine could not be provisioned. Match on the code, never on the text. */
export type ProvisionErrorCode =
  | 'PLATFORM_UNSUPPORTED'
  | 'PREREQUISITES_MISSING'
  | 'DISK_FULL'
  | 'OFFLINE'
  | 'DOWNLOAD_FAILED'
  | 'WHEEL_MISSING'
  | 'WHEEL_CORRUPT'
  | 'BUILD_FAILED'
  | 'PROBE_FAILED'
  | 'FAILED_BEFORE';

/** One clear line (what went wrong, what to run) and a code; `log` holds the tool's own output if there is some. */
export class ProvisionError extends Error {
  override readonly name = 'ProvisionError';
  readonly code: ProvisionErrorCode;
  readonly log: string;

  constructor(code: ProvisionErrorCode, message: string, log = '') {
    super(message);
    this.code = code;
    this.log = log;
  }
}
