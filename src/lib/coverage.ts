/**
 * One thing that a contract asks for: done, with the test that proves it, or not done, and why. `test` is a file below
 * test/ and words of the name of a test in it, `journey/dial-out.test.ts: timeLimit`; a test looks for both.
 */
export type Coverage = { readonly what: string } & (
  | { readonly test: string; readonly note?: string }
  | { readonly why: string }
);

/** The rows as a table of a page in docs/. */
export function coverageTable(rows: readonly Coverage[]): string[] {
  return ['| what | done | proved by, or why not |', '|---|---|---|', ...rows.map(tableRow)];
}

function tableRow(row: Coverage): string {
  if ('why' in row) return `| ${cell(row.what)} | no | ${cell(row.why)} |`;
  const done = row.note === undefined ? 'yes' : `yes: ${row.note}`;
  return `| ${cell(row.what)} | ${cell(done)} | ${evidenceCell(row.test)} |`;
}

/** The file as code, then the name of the test. */
export function evidenceCell(test: string): string {
  const [file = '', ...name] = test.split(': ');
  return `\`${file}\`: ${cell(name.join(': '))}`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
