/** Gallery of the mistakes that a network is surest of: the test images themselves, with what was taken for what. */
import sharp from 'sharp';
import type { ImageSet } from '../../data/sets/index.ts';
import type { RunData } from '../../data/run-data.ts';
import { predictions } from '../../evaluation/accuracy.ts';
import { crossEntropyOf } from '../../evaluation/temperature.ts';
import { escape } from '../../support/charts/svg.ts';

/** Pictures at most, and characters of them together, so that the page can be sent about. */
const MOST_PICTURES = 24;
const MOST_CHARACTERS = 120_000;
/** Side of a picture on the page, in pixels: smaller ones are enlarged by the browser, larger ones are stored at this side. */
const SIDE = 96;
/** Up to this side PNG, which is exact; larger pictures are stored as JPEG. */
const EXACT_SIDE = 32;

export interface Mistake {
  /** Place among the images. */
  image: number;
  truth: number;
  answer: number;
  /** Probabilities that the network gave to the answer, and to the true class. */
  answerProbability: number;
  truthProbability: number;
}

/**
 * Wrong answers, the surest first; of equals in the order of the images.
 * @param logits `[images, classes]`
 * @param most that are wanted
 */
export function surestMistakes(
  logits: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  temperature: number,
  most: number,
): Mistake[] {
  const mistakes = [...predictions(logits, classes)].flatMap((answer, image) => {
    const truth = labels[image];
    if (answer === truth) return [];
    const row = logits.subarray(image * classes, (image + 1) * classes);
    const probabilityOf = (label: number): number => Math.exp(-crossEntropyOf(row, label, temperature));
    return [{ image, truth, answer, answerProbability: probabilityOf(answer), truthProbability: probabilityOf(truth) }];
  });
  return mistakes.sort((a, b) => b.answerProbability - a.answerProbability || a.image - b.image).slice(0, most);
}

/** @param logits of the test images @returns HTML; empty where nothing is wrong */
export async function mistakesSection(
  { test, labels, inputShape }: Pick<RunData, 'test' | 'labels' | 'inputShape'>,
  logits: Float32Array,
  temperature: number,
): Promise<string> {
  const wrong = surestMistakes(logits, test.labels, labels.length, temperature, test.count);
  if (wrong.length === 0) return '<h2>Mistakes</h2><p>There is none on the test images.</p>';
  const items: string[] = [];
  let characters = 0;
  for (const mistake of wrong.slice(0, MOST_PICTURES)) {
    const uri = await dataUri(test, mistake.image, inputShape);
    characters += uri.length;
    if (characters > MOST_CHARACTERS) break;
    items.push(itemOf(mistake, labels, uri));
  }
  return `<h2>Mistakes that it is surest of</h2>
<p>${wrong.length.toLocaleString('en')} of ${test.count.toLocaleString('en')} test images are taken for another class. ${items.length < wrong.length ? `The ${items.length} of the highest probability:` : 'All of them, the surest first:'}</p>
<ul class="gallery">${items.join('')}</ul>`;
}

function itemOf({ truth, answer, answerProbability, truthProbability }: Mistake, labels: readonly string[], uri: string): string {
  const whole = (probability: number): string => `${(100 * probability).toFixed(0)} %`;
  return `<li><img src="${uri}" alt="${escape(labels[truth])}, taken for ${escape(labels[answer])}" width="${SIDE}" height="${SIDE}"><span class="wrong">${escape(labels[answer])} ${whole(answerProbability)}</span><span class="small">is ${escape(labels[truth])} (${whole(truthProbability)})</span></li>`;
}

async function dataUri({ images }: ImageSet, index: number, { width, height, channels }: RunData['inputShape']): Promise<string> {
  const picture = sharp(images.image(index).slice(), { raw: { width, height, channels: channels as 1 | 3 } });
  if (Math.max(width, height) <= EXACT_SIDE) return uriOf('png', await picture.png().toBuffer());
  return uriOf('jpeg', await picture.resize(SIDE, SIDE, { fit: 'inside' }).jpeg({ quality: 75 }).toBuffer());
}

const uriOf = (type: string, bytes: Buffer): string => `data:image/${type};base64,${bytes.toString('base64')}`;
