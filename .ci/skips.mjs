/** Skipped tests and their reasons, from the JSON that vitest and Playwright write; which reasons are allowed is stated in allowed-skips.json. */

/** vitest: the reason stands in the names, as `[skipped: why]` or `(skipped where …)`, or in the test's `meta.skipped`. */
export function unitSkips(report) {
  return (report?.testResults ?? []).flatMap(({ assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'skipped' || status === 'pending' || status === 'todo')
      .map(({ fullName, meta }) => ({ name: fullName, reason: meta?.skipped ?? /[[(]skipped:? ([^\])]*)[\])]/.exec(fullName)?.[1] ?? '' })),
  );
}

/** Playwright: the reason is the description of the annotation `skip`. */
export function browserSkips(report) {
  const specs = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specs)];
  return (report?.suites ?? [])
    .flatMap(specs)
    .flatMap(({ title, tests }) =>
      tests
        .filter(({ status }) => status === 'skipped')
        .map(({ annotations, results }) => ({
          name: title,
          reason:
            [...(annotations ?? []), ...(results ?? []).flatMap((result) => result.annotations ?? [])].find(({ type }) => type === 'skip')
              ?.description ?? '',
        })),
    );
}

/** @returns how many skips there are of each allowed kind, and those of no such kind */
export function judge(skips, allowed) {
  const kinds = new Map();
  const refused = [];
  for (const skip of skips) {
    const kind = skip.reason && allowed.find(({ pattern }) => new RegExp(pattern).test(skip.reason));
    if (kind) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    else refused.push(skip);
  }
  return { kinds: [...kinds].map(([kind, count]) => ({ ...kind, count })), refused };
}

/** The last line of a run. */
export function summaryLine({ passed, failed, skipped }, { kinds, refused }) {
  const known = kinds.map(({ count, of, type }) => `${count} of ${of}: ${type}`);
  const unknown = refused.length > 0 ? [`${refused.length} without an allowed reason`] : [];
  const why = [...known, ...unknown].join('; ');
  return `${passed} passed, ${failed} failed, ${skipped} skipped${why && ` (${why})`}`;
}
