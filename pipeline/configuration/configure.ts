/** A configuration from layers of settings: the defaults, a preset, the command line. */
import { distillerOf, withMethodTakenApart } from '../distillers/settings.ts';
import { defaultName } from '../packaging/settings.ts';
import { assertHolds } from '../support/setting.ts';
import { assertTraining } from '../training/settings.ts';
import { defaults, runSettings, type Configuration, type SettingKey } from './settings.ts';

export type Layer = Readonly<Record<string, unknown>>;

/**
 * Defaults, then the layers; later ones win. Options of the method add up over the layers; a layer that names another method
 * starts them anew.
 * @throws Error in one line naming the setting: an unknown one, a value that is not allowed, settings that do not go together
 */
export function configure(...layers: Layer[]): Configuration {
  const merged: Record<string, unknown> = structuredClone({ ...defaults });
  for (const stated of layers) {
    const layer = withMethodTakenApart(stated);
    if (layer.method !== undefined && layer.method !== merged.method) merged.methodOptions = {};
    for (const [key, value] of Object.entries(layer)) {
      if (!Object.hasOwn(runSettings, key)) throw new Error(`unknown setting "${key}"; allowed: ${Object.keys(runSettings).join(', ')}`);
      assertHolds(key, runSettings[key as SettingKey], value);
      merged[key] = key === 'methodOptions' ? { ...(merged.methodOptions as object), ...(value as object) } : value;
    }
  }
  // In one order, so that the same options however typed are the same run.
  merged.methodOptions = Object.fromEntries(Object.entries(merged.methodOptions as object).sort(([a], [b]) => (a < b ? -1 : 1)));
  const configuration = merged as unknown as Configuration;
  if (configuration.name === '') configuration.name = defaultName(configuration);
  assertTraining(configuration);
  distillerOf(configuration);
  return Object.freeze(configuration);
}
