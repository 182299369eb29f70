/** One closing line over the unit tests, the browser tests and what lies in .ci/extra, from the JSON that each leaves. Fails where a skip has no allowed reason, or a report is missing. */
import { existsSync, readFileSync } from 'node:fs';
import { browserSkips, judge, summaryLine, unitSkips } from './skips.mjs';

const read = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);
const [folder = '.test-reports'] = process.argv.slice(2);
const unit = read(`${folder}/unit.json`);
const browser = read(`${folder}/e2e.json`);
const allowed = JSON.parse(readFileSync(new URL('./allowed-skips.json', import.meta.url), 'utf8'));

/** What lies in .ci/extra, a line of JSON each. */
const extras = existsSync(`${folder}/extra.jsonl`)
  ? readFileSync(`${folder}/extra.jsonl`, 'utf8')
      .trimEnd()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  : [];
const extrasThat = (status) => extras.filter((extra) => extra.status === status);

const counts = {
  passed: (unit?.numPassedTests ?? 0) + (browser?.stats.expected ?? 0) + (browser?.stats.flaky ?? 0) + extrasThat('passed').length,
  failed: (unit?.numFailedTests ?? 0) + (browser?.stats.unexpected ?? 0) + extrasThat('failed').length,
  skipped: (unit?.numPendingTests ?? 0) + (unit?.numTodoTests ?? 0) + (browser?.stats.skipped ?? 0) + extrasThat('skipped').length,
};
const judged = judge([...unitSkips(unit), ...browserSkips(browser), ...extrasThat('skipped')], allowed);
for (const { name } of extrasThat('failed')) console.log(`failed: ${name}`);
if (!unit) console.log('the unit tests left no report: they did not run to their end');
if (!browser) console.log('the browser tests left no report: they did not run to their end');
for (const { name, reason } of judged.refused)
  console.log(`skipped ${reason ? `for a reason that .ci/allowed-skips.json does not hold (${reason})` : 'without a reason'}: ${name}`);
console.log(summaryLine(counts, judged));
if (!unit || !browser || counts.failed > 0 || judged.refused.length > 0) process.exitCode = 1;
