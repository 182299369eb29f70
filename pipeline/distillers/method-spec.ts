/** A method with its options as one piece of text: `sld`, `sld{studentSwap=false,temperatures=[1,4]}`. What an ablation compares. */
import { createDistiller, methodNamed } from './index.ts';

export interface MethodSpec {
  method: string;
  /** Options that differ from the method's own defaults. */
  methodOptions: Record<string, unknown>;
  /** The same as text, options in alphabetical order: equal for equal methods, distinct for others. */
  label: string;
}

/** @throws Error in one line: an unknown method or option, a value out of range, text that is no method */
export function parseMethodSpec(text: string): MethodSpec {
  const { method, stated } = takeMethodApart(text);
  createDistiller(method, { epochs: 1 }, stated);
  return { method, methodOptions: stated, label: methodLabel(method, stated) };
}

/**
 * A method's name and what stands in its braces, which is not looked at yet.
 * @throws Error in one line for text that is no method, or an unknown one
 */
export function takeMethodApart(text: string): { method: string; stated: Record<string, unknown> } {
  const parts = /^\s*([^{}\s]+)\s*(?:\{(.*)\})?\s*$/s.exec(text);
  if (!parts) throw new Error(`expected a method as name or name{option=value,option=value}, got "${text}"`);
  const [, method, optionsText = ''] = parts;
  methodNamed(method);
  return { method, stated: parseOptions(optionsText) };
}

/**
 * `kdWeight=0.5,studentSwap=false,views=both,temperatures=[1,2]`, or a JSON object.
 * @throws Error in one line for what is neither
 */
export function parseOptions(text: string): Record<string, unknown> {
  const malformed = (part: string): Error =>
    new Error(`expected options as key=value,key=value (values as in JSON, or a word) or as a JSON object, got "${part}"`);
  if (text.trim() === '') return {};
  if (text.trim().startsWith('{')) {
    const value = parsed(text, malformed);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(text);
    return value as Record<string, unknown>;
  }
  const options: Record<string, unknown> = {};
  for (const part of splitOutsideBrackets(text)) {
    const pair = /^\s*(\w+)\s*=(.*)$/s.exec(part);
    if (!pair) throw malformed(part);
    const [, name, value] = pair;
    if (Object.hasOwn(options, name)) throw new Error(`option "${name}" is stated twice in "${text}"`);
    options[name] = isWord(value.trim()) ? value.trim() : parsed(value, () => malformed(part));
  }
  return options;
}

/** @returns the method's name alone where no option is stated */
export function methodLabel(method: string, options: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(options)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${typeof value === 'string' && isWord(value) ? value : JSON.stringify(value)}`);
  return pairs.length === 0 ? method : `${method}{${pairs.join(',')}}`;
}

/** Text that stands without quotes: it begins with a letter, and JSON has no other meaning for it. */
const isWord = (text: string): boolean => /^[A-Za-z][\w.+-]*$/.test(text) && !['true', 'false', 'null'].includes(text);

function parsed(text: string, malformed: (text: string) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed(text);
  }
}

/** Splits at commas that lie in no bracket. */
export function splitOutsideBrackets(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if ('{['.includes(character)) depth++;
    if ('}]'.includes(character)) depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}
