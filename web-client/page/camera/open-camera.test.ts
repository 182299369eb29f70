import { expect, it } from 'vitest';
import { openCamera } from './open-camera.ts';

const failing = (name: string) => ({ mediaDevices: { getUserMedia: () => Promise.reject(new DOMException('words of a browser', name)) } });

it.each([
  ['NotAllowedError', 'CAMERA_REFUSED', 'The camera may not be used: it was not allowed in this browser.'],
  ['SecurityError', 'CAMERA_REFUSED', 'The camera may not be used: it was not allowed in this browser.'],
  ['NotFoundError', 'CAMERA_MISSING', 'There is no camera to use: none is connected.'],
  ['OverconstrainedError', 'CAMERA_MISSING', 'There is no camera to use: none is connected.'],
  ['NotReadableError', 'CAMERA_BUSY', 'The camera gives no pictures: another program may be using it.'],
  ['AbortError', 'CAMERA_BUSY', 'The camera gives no pictures: another program may be using it.'],
])('says why there are no pictures: %s', async (name, code, message) => {
  await expect(openCamera(undefined, failing(name))).rejects.toMatchObject({ code, message, cause: { name } });
});

it('says so where the browser gives pages no camera', async () => {
  await expect(openCamera(undefined, {})).rejects.toMatchObject({ code: 'CAMERA_MISSING', message: expect.stringContaining('HTTPS') });
});

it('lets nothing pass that is not in the catalogue', async () => {
  await expect(openCamera(undefined, failing('UnknownError'))).rejects.toMatchObject({ code: 'INTERNAL' });
});

it('asks for the camera that was chosen, else for the one that looks away, and never for sound', async () => {
  const asked: MediaStreamConstraints[] = [];
  const devices = { mediaDevices: { getUserMedia: async (wanted?: MediaStreamConstraints) => (asked.push(wanted!), {} as MediaStream) } };
  await openCamera('front', devices);
  await openCamera(undefined, devices);
  expect(asked).toMatchObject([
    { audio: false, video: { deviceId: { exact: 'front' } } },
    { audio: false, video: { facingMode: { ideal: 'environment' } } },
  ]);
});
