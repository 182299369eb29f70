/** Shape of what `POST /classify` may be asked. */
import { z } from 'zod';
import { expected, record } from './expected.ts';

export const MAX_TOP_K = 1000;
const DEFAULT_TOP_K = 5;
/** Images of a request. */
export const MAX_IMAGES = 64;

const oneValue = z.string(expected('one value')).min(1, expected('one value'));

const isWholeNumber = (text: string, largest: number): boolean => {
  // By its digits: `Number` also takes 0x10, 1e2, " 5 " and 3.0.
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= largest;
};
const isProbability = (text: string): boolean => /^(0?\.\d+|1(\.0+)?)$/.test(text) && Number(text) > 0;

const topK = oneValue
  .refine((text) => isWholeNumber(text, MAX_TOP_K), { ...expected(`an integer in [1, ${MAX_TOP_K}]`), abort: true })
  .transform(Number)
  .pipe(z.int().min(1).max(MAX_TOP_K))
  .default(DEFAULT_TOP_K);

const abstain = oneValue
  .refine((text) => text === 'package' || isProbability(text), {
    ...expected('"package" or a probability above 0, at most 1, as 0.8'),
    abort: true,
  })
  .transform((text) => (text === 'package' ? text : Number(text)))
  .pipe(z.union([z.literal('package'), z.number().gt(0).max(1)]));

export const ClassifyQuery = record('query parameter', {
  model: oneValue.optional().meta({ description: 'A name (its newest version) or `name@version`; without it, the default model.' }),
  version: oneValue.optional().meta({ description: 'A version of the model, where `model` names none.' }),
  variant: oneValue.optional().meta({ description: 'A variant of the package; without it, its default variant.' }),
  topK: topK.meta({ description: 'Number of predictions.' }),
  abstain: abstain
    .optional()
    .meta({
      description:
        'Leave the predictions out where the likeliest class is less probable than this: `package` for the threshold of the variant, or a probability.',
    }),
});

const base64 = z.string(expected('text in base64')).meta({ contentEncoding: 'base64', description: 'An image file in base64.' });

export const ClassifyBody = record('member', {
  image: base64.optional(),
  images: z
    .array(base64, expected('an array of images'))
    .min(1, expected('at least 1 image'))
    .max(MAX_IMAGES, { error: ({ input }) => `expected at most ${MAX_IMAGES} images, got ${(input as unknown[]).length}` })
    .optional(),
})
  .refine(({ image, images }) => (image === undefined) !== (images === undefined), { error: 'expected one of "image" and "images"' })
  .meta({ id: 'ClassifyBody', oneOf: [{ required: ['image'] }, { required: ['images'] }] });

export type ClassifyRequestQuery = z.output<typeof ClassifyQuery>;
