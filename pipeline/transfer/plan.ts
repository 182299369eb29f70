/** A plan for a folder of pictures and a time budget: teacher, student, image size and epochs, with what each stage takes. */
import { duration } from '../support/progress.ts';
import { inputSizeFor } from './input-size.ts';
import { TRAINING_PROBE } from '../data/run-data.ts';
import { epochSeconds, paceOfPasses } from '../training/estimate/training-time.ts';
import { FINE_TUNING } from './settings-from.ts';
import type { Survey } from './survey.ts';

/** Pretrained networks that a plan may choose as teacher, the best first; the last one is the student. */
export const PLANNED_TEACHERS = ['efficientnet_lite2', 'efficientnet_lite1', 'efficientnet_lite0'] as const;
export const PLANNED_STUDENT = 'efficientnet_lite0';

export interface PlanChoices {
  /** Pretrained weights of the teacher, and of the student; the student's empty: it starts from random ones. */
  teacherFrom: string;
  from: string;
  student: string;
  imageSize: number;
  epochs: number;
  /** Part of the shorter side that teacher and student see. */
  cropRatio: number;
  /** Points of validation top-1 that quantization may cost. */
  maxDrop: number;
  /** Shares of a picture's area that views show. */
  cropScale: readonly number[];
}

export interface TransferPlan extends PlanChoices {
  /** For people: what is planned, a line a stage, and how long all of it takes. */
  lines: string[];
  seconds: number;
}

export interface PlanRequest {
  name: string;
  survey: Survey;
  minutes: number;
  /** Choices made by hand, which the plan keeps. */
  stated: Partial<PlanChoices>;
  /** Side that the weights were trained at. */
  ownSize: number;
  /** Part of the shorter side that was kept when the weights were measured. */
  ownCropRatio: number;
  /** Seconds that one image takes through a network, by its name and the side in pixels: measured here. */
  forwardSeconds(network: string, size: number): number;
}

/** Sides that are tried, as parts of what suits the pictures. */
const SIZES = [1, 0.85, 0.7, 0.57, 0.43];
const STEP = 32;
/** As torchvision and timm crop to train on: not down to 0.08, which suits a million pictures. */
export const CROP_SCALE = [0.25, 1];
/** The picture, its mirror image and twice as many crops. */
const FIXED_VIEWS = 6;
const SLD_VIEWS = 2;
const MOST_EPOCHS = 10;
/** Share of the budget that is planned; the rest is for what can't be foreseen. */
const USED = 0.9;
/** Passes of each validation and test image while the package is made and verified, in units of the training engine's. */
const PACKAGE_PASSES = 12;
/** Rounding the weights takes most of it: of three kinds where a scale a tensor costs too much, and of 8 bits where 7 do. */
const PACKAGE_SECONDS = 150;
/** Decoding and resizing, on all cores. */
const SECONDS_PER_MEGAPIXEL = 0.015;
/** Limit of what quantization may cost: in points, and on few validation images in images. */
const DROP_POINTS = 0.5;
const DROP_IMAGES = 3;

/** @returns the plan with the largest images, then the best teacher, that leaves time for an epoch; the cheapest where none does */
export function planFor(request: PlanRequest): TransferPlan {
  const { survey, minutes, stated, ownSize } = request;
  const suited = inputSizeFor(survey.shorterSide, ownSize);
  const sizes = stated.imageSize
    ? [stated.imageSize]
    : [...new Set(SIZES.map((part) => Math.max(STEP, STEP * Math.round((part * suited) / STEP))))];
  const teachers = stated.teacherFrom ? [stated.teacherFrom] : PLANNED_TEACHERS;
  const budget = 60 * minutes * USED;
  let cheapest: Stages | undefined;
  for (const imageSize of sizes)
    for (const teacherFrom of teachers) {
      const stages = stagesOf(request, { from: PLANNED_STUDENT, student: PLANNED_STUDENT, ...stated, teacherFrom, imageSize });
      if (stages.fixed + stages.seconds.epoch <= budget)
        return planOf(request, stages, Math.floor((budget - stages.fixed) / stages.seconds.epoch));
      if (!cheapest || stages.fixed + stages.seconds.epoch < cheapest.fixed + cheapest.seconds.epoch) cheapest = stages;
    }
  return planOf(request, cheapest!, 1);
}

interface Stages extends Omit<PlanChoices, 'epochs' | 'cropRatio' | 'maxDrop' | 'cropScale'> {
  /** Times of the stages, and of one epoch. */
  seconds: Record<'read' | 'teacher' | 'student' | 'epoch' | 'package', number>;
  /** All but the epochs, in seconds. */
  fixed: number;
}

function stagesOf(
  { survey, forwardSeconds }: PlanRequest,
  choices: Omit<PlanChoices, 'epochs' | 'cropRatio' | 'maxDrop' | 'cropScale'>,
): Stages {
  const { train, validation, test, unlabelled } = survey.counts;
  const teacherSeconds = forwardSeconds(choices.teacherFrom, choices.imageSize);
  const studentSeconds = forwardSeconds(choices.student, choices.imageSize);
  const read = survey.images * (survey.pixels / 1e6) * SECONDS_PER_MEGAPIXEL;
  const teacher = teacherSeconds * (FIXED_VIEWS * train + 2 * validation + 2 * test);
  const student = choices.from ? studentSeconds * (FIXED_VIEWS * train + validation) : 0;
  const trained = train + unlabelled;
  const epoch = epochSeconds(
    {
      trained,
      batchSize: Math.min(FINE_TUNING.batchSize, trained),
      views: SLD_VIEWS,
      measured: Math.min(TRAINING_PROBE, train) + validation,
    },
    paceOfPasses(studentSeconds, teacherSeconds),
  );
  const packaging = PACKAGE_SECONDS + PACKAGE_PASSES * studentSeconds * (validation + test);
  const seconds = { read, teacher, student, epoch, package: packaging };
  return { ...choices, seconds, fixed: read + teacher + student + packaging };
}

function planOf({ name, survey, minutes, stated, ownCropRatio }: PlanRequest, stages: Stages, fitting: number): TransferPlan {
  const epochs = stated.epochs ?? Math.min(MOST_EPOCHS, Math.max(1, fitting));
  const { teacherFrom, from, student, imageSize } = stages;
  const maxDrop = stated.maxDrop ?? Math.max(DROP_POINTS, Math.ceil((1000 * DROP_IMAGES) / survey.counts.validation) / 10);
  const seconds = stages.fixed + epochs * stages.seconds.epoch;
  const time = (of: number): string => `about ${duration(1000 * of)}`;
  const unlabelled = survey.counts.unlabelled > 0 ? `, ${survey.counts.unlabelled.toLocaleString('en')} of them without a label` : '';
  return {
    teacherFrom,
    from,
    student,
    imageSize,
    epochs,
    // What is enlarged is seen whole.
    cropRatio: stated.cropRatio ?? (imageSize <= survey.shorterSide ? ownCropRatio : 1),
    maxDrop,
    cropScale: stated.cropScale ?? CROP_SCALE,
    seconds,
    lines: [
      `plan for ${name}: ${survey.images.toLocaleString('en')} images of ${survey.classes} classes${unlabelled}, shorter side ${survey.shorterSide} pixels; ${time(seconds)} of the ${minutes} of --minutes`,
      `  1 read the images at ${imageSize} pixels (--image-size): ${time(stages.seconds.read)}`,
      `  2 teacher ${teacherFrom}, a head for these classes on cached features, of crops too (--teacher, --crop-scale): ${time(stages.seconds.teacher)}`,
      `  3 student ${student} ${from ? `from ${from}, likewise` : 'from random weights'} (--student, --from): ${time(stages.seconds.student)}`,
      `  4 ${epochs} epoch${epochs === 1 ? '' : 's'} of SLD, the best on validation images is kept (--epochs): ${time(epochs * stages.seconds.epoch)}`,
      `  5 quantize, package, verify; 8 bits may cost ${maxDrop} points on ${survey.counts.validation} validation images (--max-drop): ${time(stages.seconds.package)}`,
    ],
  };
}
