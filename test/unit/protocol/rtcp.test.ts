import { decodeRtcp, encodeRtcp, ntpMiddle, ntpOf, ReceptionStatistics, type RtcpReport } from '../../../src/protocol/rtcp';

const report: RtcpReport = {
  ssrc: 0xdead_beef,
  sender: { ntp: ntpOf(1_700_000_000_250), rtpTimestamp: 4_000_000_000, packets: 50, octets: 8_000 },
  reports: [{
    ssrc: 7, fractionLost: 77, lost: -3, highestSequence: 0x0001_0002, jitter: 12, lastSenderReport: 0xffff_0000,
    sinceLastSenderReport: 65_536,
  }],
  cname: 'a@b', bye: true,
};

describe('RTCP', () => {
  it('gives back what was written, as sender and as receiver', () => {
    expect(decodeRtcp(encodeRtcp(report))).toEqual({ outcome: 'report', report });
    const { sender: _, ...receiver } = report;
    expect(decodeRtcp(encodeRtcp(receiver))).toEqual({ outcome: 'report', report: receiver });
    for (let length = 0; length < 9; length += 1) {
      const bytes = encodeRtcp({ ssrc: 1, reports: [], cname: 'x'.repeat(length) });
      expect(bytes.length % 4).toBe(0);
      expect(decodeRtcp(bytes)).toMatchObject({ report: { cname: 'x'.repeat(length) } });
    }
  });

  it('begins with the words of RFC 3550', () => {
    const bytes = encodeRtcp(report);
    expect([bytes[0], bytes[1], bytes.readUInt16BE(2)]).toEqual([0x81, 200, 12]);
    expect(bytes.readUInt32BE(8)).toBe(1_700_000_000 + 2_208_988_800);
    expect(bytes.readUInt32BE(12)).toBe(2 ** 30);
    expect(ntpMiddle(ntpOf(1_700_000_000_250)) & 0xffff).toBe(0x4000);
  });

  it('refuses what is no report, whatever bytes come', () => {
    expect(decodeRtcp(Buffer.alloc(3)).outcome).toBe('invalid');
    expect(decodeRtcp(encodeRtcp(report).subarray(0, 30)).outcome).toBe('invalid');
    expect(decodeRtcp(Buffer.from('80cb000100000001', 'hex'))).toEqual({ outcome: 'invalid', reason: 'no report' });
    const bytes = encodeRtcp(report);
    for (let at = 0; at < bytes.length; at += 1) {
      for (const value of [0, 0x7f, 0x80, 0xff]) {
        const broken = Buffer.from(bytes);
        broken[at] = value;
        expect(['report', 'invalid']).toContain(decodeRtcp(broken).outcome);
      }
    }
  });
});

describe('reception statistics', () => {
  it('count loss over the wrap of the sequence number', () => {
    const statistics = new ReceptionStatistics();
    for (const sequence of [65_534, 65_535, 1, 2]) statistics.receive(sequence, 0, undefined);
    expect(statistics.highestSequence).toBe(65_538);
    expect(statistics.lost).toBe(1);
    expect(statistics.takeFractionLost()).toBe(Math.floor(256 / 5));
    statistics.receive(0, 0, undefined); // late, not lost
    expect([statistics.lost, statistics.takeFractionLost()]).toEqual([0, 0]);
  });

  it('estimate jitter as RFC 3550 does: a sixteenth of each difference', () => {
    const statistics = new ReceptionStatistics();
    for (let i = 0; i < 10; i += 1) statistics.receive(i, i * 160, i * 160);
    expect(statistics.jitter).toBe(0);
    statistics.receive(10, 1_600, 1_600 + 160);
    expect(statistics.jitter).toBe(10);
    for (let i = 11; i < 200; i += 1) statistics.receive(i, i * 160, i * 160 + (i % 2) * 80);
    expect(statistics.jitter).toBeGreaterThan(70);
    expect(statistics.jitter).toBeLessThanOrEqual(80);
  });
});
