/** Stage that provisioning is in. `message` is a whole sentence for a person; bytes are present if known. */
export interface ProvisionProgress {
  stage: 'wait' | 'download' | 'extract' | 'build' | 'probe' | 'ready';
  message: string;
  doneBytes?: number;
  totalBytes?: number;
}

export type OnProgress = (progress: ProvisionProgress) => void;
