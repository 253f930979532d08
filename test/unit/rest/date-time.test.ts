import { fromMoment, isoSeconds, rfc2822, untilMoment } from '../../../src/rest/date-time';

const spanOf = (text: string): [string, string] => [
  new Date(fromMoment.parse(text)).toISOString(), new Date(untilMoment.parse(text)).toISOString(),
];

describe('days and moments of queries', () => {
  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z', '2026-01-31T23:59:59.999Z'],
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z', '2026-01-31T12:00:00.999Z'],
    ['2026-01-31T12:00:00.250Z', '2026-01-31T12:00:00.250Z', '2026-01-31T12:00:00.250Z'],
    ['2026-01-31T12:00:00+02:00', '2026-01-31T10:00:00.000Z', '2026-01-31T10:00:00.999Z'],
    ['2026-01-31T12:00:00', '2026-01-31T12:00:00.000Z', '2026-01-31T12:00:00.999Z'],
    ['2026-01-31T12:00', '2026-01-31T12:00:00.000Z', '2026-01-31T12:00:59.999Z'],
  ])('%s is from %s until %s, wherever the gateway stands', (text, from, until) => {
    expect(spanOf(text)).toEqual([from, until]);
  });

  it.each(['', 'yesterday', '2026-02-30', '2026-13-01', '2026-01-31T25:00:00Z', '26-01-31', '2026-01-31 12:00', '1700000000', '2026-01-31T'])(
    '%j is none', (text) => {
      expect([fromMoment.safeParse(text).success, untilMoment.safeParse(text).success]).toEqual([false, false]);
    });

  it('are written as each version of the API has them', () => {
    expect([isoSeconds(1_700_000_000_123), rfc2822(1_700_000_000_123)]).toEqual(['2023-11-14T22:13:20Z', 'Tue, 14 Nov 2023 22:13:20 +0000']);
  });
});
