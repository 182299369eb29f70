import { serverFlagOf, SETTINGS, variableOf } from './settings.ts';

/** Text of `--help`: every setting by its flag and its variable. */
export function serverHelp(): string {
  const lines = Object.entries(SETTINGS).map(
    ([key, { expected, shown, meaning }]) =>
      `  ${serverFlagOf(key)}, ${variableOf(key)}\n      ${meaning.replaceAll('`', '')}\n      ${expected}; default: ${shown.replaceAll('`', '')}`,
  );
  return [
    'node server/dist/main.js [--config FILE] [--SETTING VALUE]...',
    '',
    'A flag wins over its environment variable, the variable over the file (CONFIG_FILE, or --config).',
    'The file is a JSON object with a key for each setting, as "maxImageBytes" for --max-image-bytes.',
    '',
    ...lines,
  ].join('\n');
}
