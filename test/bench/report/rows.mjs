import { ratioOf } from '../harness/compare.mjs';
import { median } from '../harness/measured.mjs';

/** One row a figure: the median of the pairs' ratios with its range, and whether it is what was asked for. */
export function rowsOf(benchmark, { id, compared }) {
  // A figure that needs servers of its own is not there when they were not.
  return benchmark.figures.filter(({ name }) => compared[name]).map((figure) => {
    const { rows } = compared[figure.name];
    const ratios = rows.map((row) => ratioOf(row, figure));
    const value = median(ratios);
    const isHit = figure.target === undefined ? undefined
      : figure.direction === 'efficiency' ? value >= figure.target : value <= figure.target;
    const costs = (side) => median(rows.map((row) => row[side][figure.cost]));
    const rate = median(rows.map((row) => row.peer.wall / row.ours.wall));
    return { id, figure, ratios, value, isHit, ours: costs('ours'), peer: costs('peer'), rate, pairs: rows.length };
  });
}

const UNITS = { cpu: 'us CPU', serverCpu: 'us CPU', gatewayCpu: 'us CPU', wall: 'us', p50: 'ms p50', p99: 'ms p99', p999: 'ms p99.9', rss: 'bytes', heap: 'bytes' };
/** A bound is told with its unit, because it is no ratio. */
export const valueOf = ({ figure, value }) => `${value.toFixed(2)}${figure.direction === 'bound' ? ' ms' : ''}`;
/** Three digits, and no exponent for thousands. */
const digits = (value) => (Math.abs(value) >= 1_000 ? Math.round(Number(value.toPrecision(3))).toLocaleString('en') : value.toPrecision(3));
export const costOf = (row, side) => `${digits(row[side])} ${UNITS[row.figure.cost]}`;
export const targetOf = ({ figure }) =>
  (figure.target === undefined ? '' : `${figure.direction === 'efficiency' ? '>=' : '<='} ${figure.target}`);
export const verdictOf = ({ isHit }) => (isHit === undefined ? '' : isHit ? 'hit' : 'miss');
export const spreadOf = ({ ratios }) => `${Math.min(...ratios).toFixed(2)} .. ${Math.max(...ratios).toFixed(2)}`;

/** For the terminal. */
export function table(rows) {
  const lines = [
    ['', 'figure', 'ratio', 'min .. max', 'target', '', 'ours', 'peer'],
    ...rows.map((row) => [
      row.id, row.figure.label, valueOf(row), spreadOf(row), targetOf(row), verdictOf(row), costOf(row, 'ours'), costOf(row, 'peer'),
    ]),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
}
