import { AppError } from '../errors/catalogue.ts';

/** Opens the camera, the one at the back if there are two. @throws AppError CAMERA_REFUSED, CAMERA_MISSING, CAMERA_BUSY */
export async function askForCamera(): Promise<MediaStream> {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) throw new AppError('CAMERA_MISSING', { reason: 'the page did not come over HTTPS, so the browser offers none' });
  try {
    return await devices.getUserMedia({ video: { facingMode: 'environment' }, audio: false });
  } catch (cause) {
    throw cameraError(cause);
  }
}

/** Codes by the names of what `getUserMedia` rejects with (W3C Media Capture). */
const CODES: Record<string, 'CAMERA_REFUSED' | 'CAMERA_MISSING' | undefined> = {
  NotAllowedError: 'CAMERA_REFUSED',
  SecurityError: 'CAMERA_REFUSED',
  NotFoundError: 'CAMERA_MISSING',
  OverconstrainedError: 'CAMERA_MISSING',
};

export function cameraError(thrown: unknown): AppError {
  const { name, message } = thrown instanceof Error ? thrown : { name: '', message: String(thrown) };
  return new AppError(CODES[name] ?? 'CAMERA_BUSY', { reason: message || name }, { cause: thrown });
}
