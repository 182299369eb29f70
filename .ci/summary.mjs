/** One closing line over the unit and the browser tests, from the JSON that both runners write. */
import { existsSync, readFileSync } from 'node:fs';

const read = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);
const unit = read('.test-reports/unit.json');
const browser = read('.test-reports/e2e.json');

const passed = (unit?.numPassedTests ?? 0) + (browser?.stats.expected ?? 0) + (browser?.stats.flaky ?? 0);
const failed = (unit?.numFailedTests ?? 0) + (browser?.stats.unexpected ?? 0);
const skipped = (unit?.numPendingTests ?? 0) + (browser?.stats.skipped ?? 0);
if (!unit) console.log('the unit tests left no report: they did not run to their end');
if (!browser) console.log('the browser tests left no report: they did not run to their end');
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
