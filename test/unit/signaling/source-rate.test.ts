import { admitSource, SourceRate } from '../../../src/signaling';
import { ManualClock } from '../../support/manual-clock';

describe('the rate of a source', () => {
  it('refuses what is over it, of that source only, and tells it in one line', () => {
    const clock = new ManualClock();
    const lines: string[] = [];
    const sourceRate = new SourceRate({ clock, perSecond: 5, report: (line) => lines.push(line) });
    const invite = (sourceAddress: string): string => admitSource({ invite: { sourceAddress } }, { sourceRate }) ?? 'admitted';
    const wild = Array.from({ length: 100 }, () => invite('192.0.2.1'));
    expect(wild.filter((one) => one === 'admitted').length).toBe(10);
    expect(new Set(wild.slice(10))).toEqual(new Set(['source-rate']));
    expect(invite('192.0.2.2')).toBe('admitted');
    clock.advance(1_000);
    expect(Array.from({ length: 6 }, () => invite('192.0.2.1')).filter((one) => one === 'admitted').length).toBe(5);
    clock.advance(10_000);
    expect(lines).toEqual(['dropped reason=source-rate messages=91 sources=1 192.0.2.1=91']);
    sourceRate.stop();
    expect(lines.length).toBe(1);
  });
});
