import { picture, violations } from './harness/appearance.ts';
import { chromiumPath } from './harness/chromium.ts';
import { expect, test } from './harness/test.ts';

/** A camera that Chromium makes up: a green picture with a moving shape and a clock. */
test.use({
  launchOptions: {
    executablePath: chromiumPath(),
    args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--disable-background-networking', '--no-first-run'],
  },
});

test('answers what the camera sees, passes frames over, and takes a snapshot', async ({ open }) => {
  const page = await open();
  await page.getByRole('button', { name: 'Live camera' }).click();
  const camera = page.getByRole('group', { name: 'Live camera' });
  await expect(page.locator('.live .headline')).toContainText('%', { timeout: 20_000 });
  await expect(camera).toContainText(/answers a second; [\d,]+ frames were passed over/);
  await expect(page.locator('.live .chart li')).toHaveCount(5);
  await picture(page, 'camera');
  expect(await violations(page)).toEqual([]);

  await page.getByRole('button', { name: 'Take a snapshot' }).click();
  await expect(camera).toHaveCount(0);
  await expect(page.locator('.facts')).toContainText('infer');
  await expect(page.getByRole('img', { name: 'The image you gave' })).toBeVisible();
  expect(
    await page.getByRole('img', { name: 'The image you gave' }).evaluate((node: HTMLImageElement) => node.naturalWidth),
  ).toBeGreaterThan(300);
});

test('frees the camera when it is stopped and when another picture comes', async ({ open, page }) => {
  await page.addInitScript(() => {
    const tracks = ((window as unknown as { tracks: MediaStreamTrack[] }).tracks = [] as MediaStreamTrack[]);
    const { mediaDevices } = navigator;
    const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (wanted) => {
      const stream = await getUserMedia(wanted);
      tracks.push(...stream.getTracks());
      return stream;
    };
  });
  const live = (): Promise<string[]> =>
    page.evaluate(() => (window as unknown as { tracks: MediaStreamTrack[] }).tracks.map(({ readyState }) => readyState));
  await open();
  for (const end of ['stop', 'picture']) {
    await page.getByRole('button', { name: 'Live camera' }).click();
    await expect(page.locator('.live .headline')).toContainText('%', { timeout: 20_000 });
    expect((await live()).at(-1)).toBe('live');
    if (end === 'stop') await page.getByRole('button', { name: 'Stop the camera' }).click();
    else await page.locator('.sample').first().click();
    await expect(page.locator('.camera')).toHaveCount(0);
    await expect(page.locator('#drop')).toBeVisible();
    expect((await live()).at(-1)).toBe('ended');
  }
  await expect(page.locator('.facts')).toBeVisible();
});

for (const [name, code, words] of [
  ['NotAllowedError', 'CAMERA_REFUSED', 'The camera was not allowed'],
  ['NotFoundError', 'CAMERA_MISSING', 'There is no camera here'],
  ['NotReadableError', 'CAMERA_BUSY', 'The camera gives no pictures'],
])
  test(`says in words why there is no picture: ${name}`, async ({ open, page }) => {
    await page.addInitScript((name) => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name));
    }, name);
    await open();
    await page.getByRole('button', { name: 'Live camera' }).click();
    await expect(page.getByRole('alert')).toContainText(words);
    await expect(page.getByRole('alert')).toContainText(code);
    await expect(page.locator('#drop')).toBeVisible();
  });
