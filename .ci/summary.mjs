/** One closing line over the unit and the browser tests, from the JSON that both runners write. Fails where a skip has no allowed reason, or a report is missing. */
import { existsSync, readFileSync } from 'node:fs';
import { browserSkips, judge, summaryLine, unitSkips } from './skips.mjs';

const read = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);
const [folder = '.test-reports'] = process.argv.slice(2);
const unit = read(`${folder}/unit.json`);
const browser = read(`${folder}/e2e.json`);
const allowed = JSON.parse(readFileSync(new URL('./allowed-skips.json', import.meta.url), 'utf8'));

const counts = {
  passed: (unit?.numPassedTests ?? 0) + (browser?.stats.expected ?? 0) + (browser?.stats.flaky ?? 0),
  failed: (unit?.numFailedTests ?? 0) + (browser?.stats.unexpected ?? 0),
  skipped: (unit?.numPendingTests ?? 0) + (unit?.numTodoTests ?? 0) + (browser?.stats.skipped ?? 0),
};
const judged = judge([...unitSkips(unit), ...browserSkips(browser)], allowed);
if (!unit) console.log('the unit tests left no report: they did not run to their end');
if (!browser) console.log('the browser tests left no report: they did not run to their end');
for (const { name, reason } of judged.refused)
  console.log(`skipped ${reason ? `for a reason that .ci/allowed-skips.json does not hold (${reason})` : 'without a reason'}: ${name}`);
console.log(summaryLine(counts, judged));
if (!unit || !browser || counts.failed > 0 || judged.refused.length > 0) process.exitCode = 1;
