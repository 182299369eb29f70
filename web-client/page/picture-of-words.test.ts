import { describe, expect, it } from 'vitest';
import { pictureOfWords } from './picture-of-words.ts';

const origin = 'https://here.example';
const nothing = { html: '', addresses: '', plain: '' };
const read = (words: Partial<typeof nothing>) =>
  pictureOfWords({ ...nothing, ...words }, origin, async (url) => new Response(`fetched ${String(url)}`));
const textOf = async (words: Partial<typeof nothing>) => (await read(words)).text();

describe('a picture as words', () => {
  it('is in them where they hold it', async () => {
    expect(await textOf({ html: `<a href="https://there.example"><img alt="x" src="data:image/png;base64,${btoa('bytes')}"></a>` })).toBe(
      'bytes',
    );
    expect(await textOf({ plain: ' data:image/svg+xml,%3Csvg/%3E\n' })).toBe('<svg/>');
  });

  it('is fetched from this site', async () => {
    expect(await textOf({ addresses: '# dragged\r\nhttps://here.example/a.png?b=1\r\n' })).toBe('fetched https://here.example/a.png?b=1');
    expect(await textOf({ html: '<img src="https://here.example/a.png?b=1&amp;c=2">' })).toBe('fetched https://here.example/a.png?b=1&c=2');
  });

  it('is not asked of another site, which is said', async () => {
    for (const words of [
      { html: '<img class=x src="https://there.example/a.png">' },
      { addresses: 'https://there.example/a.png' },
      { plain: 'http://here.example/a.png' },
    ])
      await expect(pictureOfWords({ ...nothing, ...words }, origin, () => Promise.reject(new Error('asked')))).rejects.toMatchObject({
        code: 'IMAGE_ELSEWHERE',
        details: { address: expect.stringMatching(/^https?:/) },
      });
  });

  it.each([
    {},
    { plain: 'a letter' },
    { plain: 'see https://here.example' },
    { html: '<b>x</b>' },
    { plain: 'data:image/png;base64,***' },
    { addresses: 'javascript:alert(1)' },
  ])('is missing in %o', async (words) => {
    await expect(read(words)).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
  });
});
