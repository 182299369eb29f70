/** A named set of settings: what differs from the one table of defaults, and a line on what it is for. */
import type { Configuration } from '../settings.ts';

export interface Preset {
  /** One line, for `--list-presets`. */
  about: string;
  settings: Partial<Configuration>;
  /** Options in which the published configuration for this data or pair differs from the method's own defaults, by method. */
  methodOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Settings in which the published configuration of a method for this data or pair differs from those above, by method. */
  methodSettings?: Readonly<Record<string, Partial<Configuration>>>;
}
