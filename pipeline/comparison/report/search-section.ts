/** Section of the report on what was tried for each row before the comparison. */
import { percent } from '../../support/progress.ts';
import { htmlTable } from '../../support/charts/page.ts';
import type { SearchOutcome } from '../search.ts';

export function searchSection(search: SearchOutcome | undefined): string {
  if (!search) return '';
  const rows = search.rows.flatMap(({ row, chosen, tried }) =>
    tried.map(({ label, validationTop1 }) => [
      row,
      label,
      validationTop1 === null ? 'no result' : percent(validationTop1),
      label === chosen ? 'chosen' : '',
    ]),
  );
  return `<h2>What was tried</h2>${htmlTable(['row', 'tried', `validation top-1, seed ${search.seed}`, ''], rows)}
<p class="small">Each row is its candidate of the highest validation top-1 after the last epoch under seed ${search.seed}; the test set had no part in it. The chosen ones were then trained under the other seeds.</p>`;
}
