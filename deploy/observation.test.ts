/** Tests that what observes the server, and what starts it beside others, asks for what there is. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS, variableOf } from '../server/configuration/settings.ts';
import { createMetrics } from '../server/metrics/metrics.ts';

const here = import.meta.dirname;
const read = (file: string): string => readFileSync(path.join(here, file), 'utf8');
const page = readFileSync(path.join(here, '../docs/operating.md'), 'utf8');

interface Dashboard {
  panels: { id: number; title: string; targets: { expr: string }[] }[];
}
interface Rules {
  groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
}
const { panels } = JSON.parse(read('grafana/sld-edge.json')) as Dashboard;
const rules = (parse(read('prometheus/alerts.yml')) as Rules).groups.flatMap((group) => group.rules);

/** Names of metrics in a query: what is followed neither by a parenthesis nor by an equals sign, and is no label's list. */
const metricsIn = (query: string): string[] =>
  query
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\b(by|without) \([^)]*\)/g, '')
    .match(/\b(sld_edge|process|nodejs)_\w+/g) ?? [];

async function exposed(): Promise<Set<string>> {
  const metrics = createMetrics({ pool: () => null, isReady: () => true, refused: () => [] });
  metrics.onRequest({ route: '/classify', method: 'POST', status: 200, seconds: 1 });
  metrics.onDispatch(1);
  const text = await metrics.text();
  const types = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  return new Set(
    types.flatMap(([, name, type]) => (type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])),
  );
}

describe('the dashboard and the alerts', () => {
  it('ask for metrics that the server has', async () => {
    const known = await exposed();
    const queries = [...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)), ...rules.map(({ expr }) => expr)];
    expect(queries.length).toBeGreaterThan(20);
    expect(queries.flatMap(metricsIn).filter((name) => !known.has(name))).toEqual([]);
    for (const query of queries) expect(metricsIn(query).length + Number(query.startsWith('up{')), query).toBeGreaterThan(0);
  });

  it('are on the page that says what to do, each alert by its name', () => {
    for (const { alert } of rules) expect(page).toContain(`\n### ${alert}\n`);
    expect([...page.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)).toEqual(rules.map(({ alert }) => alert));
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  const lacking = spawnSync('promtool', ['--version']).status === 0 ? '' : ' (skipped: there is no promtool)';
  it.skipIf(lacking)(`are rules that Prometheus takes${lacking}`, () => {
    for (const [check, file] of [
      ['rules', 'alerts.yml'],
      ['config', 'prometheus.yml'],
    ]) {
      const { status, stdout, stderr } = spawnSync('promtool', ['check', check, path.join(here, 'prometheus', file)], { encoding: 'utf8' });
      expect([status, stdout + stderr]).toEqual([0, expect.any(String)]);
    }
  });
});

it('the compose file mounts files that are there, and states settings that the server has', () => {
  const { services } = parse(read('compose.yaml')) as {
    services: Record<string, { volumes: string[]; environment?: Record<string, string> }>;
  };
  expect(Object.keys(services)).toEqual(['server', 'prometheus', 'grafana']);
  const mounted = Object.values(services).flatMap(({ volumes }) => volumes.map((volume) => volume.split(':')[0]));
  expect(mounted.filter((source) => source.startsWith('.') && !existsSync(path.join(here, source)))).toEqual([]);
  const known = Object.keys(SETTINGS).map(variableOf);
  expect(Object.keys(services.server.environment!).filter((name) => !known.includes(name))).toEqual([]);
});
