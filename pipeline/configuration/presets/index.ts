/** The presets: each states what differs from `defaults`, and why. Adding one is one entry in a file of its data. */
import { cifar100Presets } from './cifar100.ts';
import { suggestion } from '../../support/nearest.ts';
import { defaults, type Configuration } from '../settings.ts';
import { fashionMnistPresets } from './fashion-mnist.ts';
import { imagenet } from './imagenet.ts';
import type { Preset } from './preset.ts';

export const presets: Readonly<Record<string, Preset>> = { ...fashionMnistPresets, ...cifar100Presets, ...imagenet };

/**
 * A preset as a layer of `configure`.
 * @param method whose options and settings it is to state, where that is not the preset's own
 * @throws Error naming the presets where `name` is not one of them
 */
export function presetNamed(name: string, method?: string): Partial<Configuration> & { preset: string } {
  const preset = Object.hasOwn(presets, name) && presets[name];
  if (!preset)
    throw new Error(`unknown preset "${name}"${suggestion(name, Object.keys(presets))}; allowed: ${Object.keys(presets).join(', ')}`);
  const used = method ?? preset.settings.method ?? defaults.method;
  const { methodSettings = {} } = preset;
  const ofMethod = Object.hasOwn(methodSettings, used) ? methodSettings[used] : {};
  return { preset: name, ...preset.settings, ...ofMethod, method: used, methodOptions: presetOptions(name, used) };
}

/** Options in which a preset differs from the method's own defaults; none for a name that is no preset. */
export function presetOptions(name: string, method: string): Record<string, unknown> {
  const byMethod = Object.hasOwn(presets, name) ? presets[name].methodOptions : undefined;
  return byMethod && Object.hasOwn(byMethod, method) ? { ...byMethod[method] } : {};
}

/** The preset that trains a teacher of this name, where there is one. */
export function presetOfTeacher(teacher: string): string | undefined {
  return Object.keys(presets).find((name) => presets[name].settings.method === 'ce' && presets[name].settings.name === teacher);
}
