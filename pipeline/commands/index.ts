/** The commands, by name. Each is a module with `summary`, `settings` and `run`; adding one is one file and one line. */
import { jsonSetting, type Command } from '../configuration/command-line.ts';

interface Entry {
  group: string;
  /** Line in the list of commands. */
  line: string;
  load(): Promise<unknown>;
}

/** Groups of the list of commands. */
const MAKE = 'make a package';
const MEASURE = 'measure and check';
const SHIP = 'serve';
const DEVELOP = 'develop';

export const commands: Readonly<Record<string, Entry>> = {
  distill: { group: MAKE, line: 'images and a teacher to a verified package in models/', load: () => import('./distill.ts') },
  teacher: { group: MAKE, line: 'train a teacher by the labels alone', load: () => import('./teacher.ts') },
  quantize: {
    group: MAKE,
    line: 'store a model in fewer bytes, or in integers alone; train it for that',
    load: () => import('./quantize.ts'),
  },
  package: { group: MAKE, line: "a run's student, or weights that you have, to a package", load: () => import('./package.ts') },
  evaluate: { group: MEASURE, line: 'accuracy of a package, a checkpoint or an ONNX model', load: () => import('./evaluate.ts') },
  compare: { group: MEASURE, line: 'methods against each other over seeds', load: () => import('./compare.ts') },
  verify: { group: MEASURE, line: 'packages on their test images, as a consumer meets them', load: () => import('./verify.ts') },
  'package inspect': { group: MEASURE, line: 'what a package holds', load: () => import('./package-inspect.ts') },
  'package verify': { group: MEASURE, line: 'a package by itself, without its data', load: () => import('./package-verify.ts') },
  'package diff': { group: MEASURE, line: 'how two packages differ', load: () => import('./package-diff.ts') },
  'package export': {
    group: SHIP,
    line: "a package in other engines' layouts, which load it unchanged",
    load: () => import('./package-export.ts'),
  },
  serve: { group: SHIP, line: 'the server alone: serve MODELS', load: () => import('./serve.ts') },
  deploy: { group: SHIP, line: 'check and serve the packages, or make a site, an image, manifests', load: () => import('./deploy.ts') },
  provision: { group: SHIP, line: "build the server's JPEG decoder for this machine, once", load: () => import('./provision.ts') },
  doctor: { group: SHIP, line: 'what this machine has, what it lacks, and the command for each', load: () => import('./doctor.ts') },
  'export-images': { group: DEVELOP, line: 'test images as files, with the answers to them', load: () => import('./export-images.ts') },
  'check:integer': {
    group: DEVELOP,
    line: 'the integer kernels against the interpreter, on random programs',
    load: () => import('./check-integer.ts'),
  },
  'verify:losses': { group: DEVELOP, line: 'the methods against reference vectors', load: () => import('./verify-losses.ts') },
  'verify:networks': { group: DEVELOP, line: 'the networks against reference vectors', load: () => import('./verify-networks.ts') },
  'verify:augmentation': {
    group: DEVELOP,
    line: 'the augmentation against reference images',
    load: () => import('./verify-augmentation.ts'),
  },
};

/** Names of commands that are a part of another one now, with what to type. */
export const successors: Readonly<Record<string, string>> = {
  'quantize:integer': 'quantize -- --to integer',
  'quantize:aware': 'quantize -- --to integer --train',
};

export const commandNames: readonly string[] = Object.keys(commands);

/** A command with the settings that every command takes. */
export async function loadCommand(name: string): Promise<Command> {
  const command = (await commands[name].load()) as Command;
  return { ...command, settings: { ...command.settings, ...jsonSetting } };
}
