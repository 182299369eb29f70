import type { JsonSchema } from './json-schema.ts';
import type { DescribedOperation, OpenApiDocument } from './document.ts';

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 3rem; }
section { border-top: 1px solid #8886; padding: 0.5rem 0; }
h3 code { font-size: 1.1em; }
code, td { overflow-wrap: anywhere; }
.method { text-transform: uppercase; font-weight: 700; margin-right: 0.5em; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid #8883; }
pre { overflow-x: auto; padding: 0.75rem; border-radius: 0.4rem; background: #8882; font-size: 0.85rem; }
`;

/** Writes the OpenAPI document as a page for people: no script, nothing from elsewhere. */
export function openApiPage({ info, tags, paths, components }: OpenApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const groups = tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<h2>${escape(name)}</h2>${own.map(({ path, method, operation }) => section(method, path, operation)).join('')}`;
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `<section id="schema-${escape(name)}"><h3>${escape(name)}</h3>${json(schema)}</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(info.title)}: interface</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escape(info.title)}</h1>
<p>${escape(info.description)} Version ${escape(info.version)}. For programs: <a href="/openapi.json">openapi.json</a>.</p>
${groups.join('\n')}
<h2>Schemas</h2>
${schemas.join('\n')}
</body>
</html>
`;
}

function section(method: string, path: string, operation: DescribedOperation): string {
  const { summary, description, parameters, requestBody, responses, operationId } = operation;
  const rows = parameters.map(({ name, in: place, description: says = '', schema }) => [code(name), place, type(schema), text(says)]);
  const bodies = Object.entries(requestBody?.content ?? {}).map(([kind, { schema }]) => [code(kind), type(schema)]);
  const answers = Object.entries(responses).map(([status, response]) => [
    status,
    text(response.description),
    [...new Set(Object.values(response.content ?? {}).map(({ schema }) => type(schema)))].join(' or '),
  ]);
  return `<section id="${operationId}">
<h3><span class="method">${method}</span><code>${escape(path)}</code></h3>
<p>${escape(summary)}. ${text(description ?? '')}</p>
<pre>${operation['x-codeSamples'].map(({ source }) => escape(source)).join('\n')}</pre>
${table(['parameter', 'in', 'values', ''], rows)}${table(['body', 'holds'], bodies)}${table(['status', 'says', 'holds'], answers)}</section>`;
}

function table(heads: string[], rows: string[][]): string {
  if (rows.length === 0) return '';
  const cells = (tag: string, values: string[]): string => `<tr>${values.map((value) => `<${tag}>${value}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${cells('th', heads)}</thead><tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table>`;
}

/** A schema in a few words, or a link to it. */
function type(schema: JsonSchema): string {
  const { $ref, anyOf, items, const: value, contentMediaType, minimum, exclusiveMinimum, maximum, default: fallback } = schema;
  if (typeof $ref === 'string') {
    const name = escape($ref.split('/').at(-1)!);
    return `<a href="#schema-${name}">${name}</a>`;
  }
  if (Array.isArray(anyOf)) return (anyOf as JsonSchema[]).map(type).join(' or ');
  if (value !== undefined) return code(String(value));
  if (schema.type === 'array' && items) return `array of ${type(items as JsonSchema)}`;
  if (schema.type === undefined) return contentMediaType ? 'bytes' : 'anything';
  if (schema.properties) return `parts ${Object.keys(schema.properties).map(code).join(', ')}`;
  const from =
    minimum !== undefined ? `from ${String(minimum)}` : exclusiveMinimum !== undefined ? `above ${String(exclusiveMinimum)}` : '';
  const to = maximum === undefined ? '' : `to ${String(maximum)}`;
  return [String(schema.type), from, to, fallback === undefined ? '' : `(default ${String(fallback)})`].filter(Boolean).join(' ');
}

const json = (schema: JsonSchema): string => `<pre>${escape(JSON.stringify(schema, null, 2))}</pre>`;
const code = (words: string): string => `<code>${escape(words)}</code>`;
/** Words with `code` in them. */
const text = (words: string): string => escape(words).replace(/`([^`]+)`/g, '<code>$1</code>');

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
