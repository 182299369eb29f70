import { AppError, recogniseError } from '@sld-edge/runtime';
import { CAMERA_TEXT as text } from '../panel-strings.ts';

/** Pixels a side that are asked for: more than most networks take, few enough to be read many times a second. */
const WANTED = { width: { ideal: 640 }, height: { ideal: 480 } };

/** Part of `navigator` that gives cameras; browsers give pages without HTTPS none. */
export type MediaDevicesOf = { mediaDevices?: Pick<MediaDevices, 'getUserMedia'> };

/**
 * Asks for a camera, without sound.
 *
 * @param deviceId the one that was chosen; absent: the one that looks away from the person, if there is one
 * @throws AppError CAMERA_REFUSED, CAMERA_MISSING, CAMERA_BUSY
 */
export async function openCamera(deviceId?: string, { mediaDevices }: MediaDevicesOf = navigator): Promise<MediaStream> {
  if (!mediaDevices?.getUserMedia) throw new AppError('CAMERA_MISSING', { reason: text.insecure });
  const which = deviceId === undefined ? { facingMode: { ideal: 'environment' } } : { deviceId: { exact: deviceId } };
  try {
    return await mediaDevices.getUserMedia({ audio: false, video: { ...which, ...WANTED } });
  } catch (thrown) {
    throw cameraError(thrown);
  }
}

/** Names by which browsers say why there are no pictures (Media Capture and Streams, 10.2). */
function cameraError(thrown: unknown): AppError {
  const name = thrown instanceof Error ? thrown.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError')
    return new AppError('CAMERA_REFUSED', { reason: text.refused }, { cause: thrown });
  if (name === 'NotFoundError' || name === 'OverconstrainedError')
    return new AppError('CAMERA_MISSING', { reason: text.missing }, { cause: thrown });
  if (name === 'NotReadableError' || name === 'AbortError') return new AppError('CAMERA_BUSY', { reason: text.busy }, { cause: thrown });
  return recogniseError(thrown);
}
