import { rowsOf } from './rows.mjs';

const [WIDTH, ROW, LEFT, RIGHT, TOP] = [760, 46, 300, 40, 40];
const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

/** An SVG: for each figure the ratio of every pair (dots), their median (bar) and the target (line), on a logarithmic axis. */
export function plot(benchmark, result) {
  const rows = rowsOf(benchmark, result).filter(({ figure }) => figure.direction !== 'bound');
  const values = rows.flatMap((row) => [...row.ratios, row.figure.target ?? row.value, 1]);
  const [low, high] = [Math.min(...values) * 0.9, Math.max(...values) * 1.1];
  const x = (ratio) => LEFT + ((Math.log(ratio) - Math.log(low)) / (Math.log(high) - Math.log(low))) * (WIDTH - LEFT - RIGHT);
  const height = TOP + rows.length * ROW + 40;
  const bottom = height - 30;
  const ticks = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200].filter((tick) => tick >= low && tick <= high);
  const parts = [
    `<text x="12" y="22" font-weight="bold">${escaped(`${result.id} ${benchmark.title}`)}</text>`,
    ...ticks.map((tick) => `<line x1="${at(x(tick))}" y1="${TOP - 6}" x2="${at(x(tick))}" y2="${bottom}" stroke="#ddd"/>`
      + `<text x="${at(x(tick))}" y="${bottom + 16}" text-anchor="middle" fill="#666">${tick}</text>`),
    ...rows.flatMap((row, number) => figure(row, TOP + number * ROW + ROW / 2, x)),
    `<text x="12" y="${bottom + 16}" fill="#666">ratio; dots: pairs, bar: median, red: target</text>`,
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

const at = (number) => number.toFixed(1);

function figure({ figure: { label, target }, ratios, value }, y, x) {
  return [
    `<text x="12" y="${at(y + 4)}">${escaped(label)}</text>`,
    ...ratios.map((ratio) => `<circle cx="${at(x(ratio))}" cy="${at(y)}" r="4" fill="#3b6ea5" fill-opacity="0.5"/>`),
    `<line x1="${at(x(value))}" y1="${at(y - 12)}" x2="${at(x(value))}" y2="${at(y + 12)}" stroke="#1d3f66" stroke-width="3"/>`,
    ...(target === undefined ? []
      : [`<line x1="${at(x(target))}" y1="${at(y - 18)}" x2="${at(x(target))}" y2="${at(y + 18)}" stroke="#c0392b" stroke-width="2" stroke-dasharray="4 3"/>`]),
  ];
}
