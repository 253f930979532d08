import { RemoteSource } from '../../../../src/embedded/media-server/rtp/remote-source';

const SDP = { address: '10.0.0.1', port: 4000 };

interface Sender {
  readonly address: string;
  readonly port: number;
  readonly ssrc: number;
}

const FAR_END: Sender = { ...SDP, ssrc: 1 };
const STRANGER: Sender = { address: '6.6.6.6', port: 666, ssrc: 6 };

/** `count` packets in a row from there, 20 ms apart; the time after the last. */
function packets(remote: RemoteSource, sender: Sender, fromMs: number, count: number, step = 1): boolean[] {
  return Array.from({ length: count }, (_, i) =>
    remote.accept({ ...sender, sequence: (i * step) & 0xffff }, fromMs + i * 20));
}

describe('where the far end is', () => {
  it('is what the SDP says', () => {
    const remote = new RemoteSource(SDP, 0);
    expect(packets(remote, FAR_END, 0, 2)).toEqual([true, true]);
    expect(remote.place).toEqual(SDP);
  });

  it('is elsewhere after three packets in a row at the start of the stream: a NAT', () => {
    const remote = new RemoteSource(SDP, 0);
    expect(packets(remote, { ...STRANGER, ssrc: 1 }, 0, 4)).toEqual([false, false, true, true]);
    expect(remote.place).toEqual({ address: '6.6.6.6', port: 666 });
  });

  it('comes back to the place of the SDP when that speaks up in the opening', () => {
    const remote = new RemoteSource(SDP, 0);
    packets(remote, STRANGER, 0, 10);
    expect(packets(remote, FAR_END, 300, 1)).toEqual([true]);
    expect(remote.place).toEqual(SDP);
    expect(packets(remote, STRANGER, 320, 50)).not.toContain(true);
  });

  it('is never a stranger once it was heard, however long it is silent (RTP bleed)', () => {
    const remote = new RemoteSource(SDP, 0);
    packets(remote, FAR_END, 0, 10);
    for (const at of [220, 1_500, 30_000, 600_000]) expect(packets(remote, STRANGER, at, 100)).not.toContain(true);
    expect(remote.place).toEqual(SDP);
    expect(packets(remote, FAR_END, 700_000, 1)).toEqual([true]);
  });

  it('is nobody else after an opening in which nothing came', () => {
    const remote = new RemoteSource(SDP, 0);
    expect(packets(remote, STRANGER, 11_000, 100)).not.toContain(true);
    expect(packets(remote, { ...FAR_END, port: 4008 }, 14_000, 3)).toEqual([false, false, true]);
  });

  it('is not who sends stray or sprayed packets', () => {
    const remote = new RemoteSource(SDP, 0);
    expect(packets(remote, STRANGER, 0, 50, 7)).not.toContain(true);
    for (let i = 0; i < 50; i += 1) expect(packets(remote, { ...STRANGER, ssrc: i }, i, 2)).toEqual([false, false]);
    for (let port = 1; port < 50; port += 1) packets(remote, { ...STRANGER, port }, 100, 1);
    expect(remote.place).toEqual(SDP);
    expect(packets(remote, FAR_END, 200, 1)).toEqual([true]);
  });

  it('is found although a stranger sends in between', () => {
    const remote = new RemoteSource(SDP, 0);
    const behindNat = { address: '20.0.0.2', port: 7000, ssrc: 1 };
    const accepted = Array.from({ length: 4 }, (_, sequence) => {
      remote.accept({ ...STRANGER, sequence: sequence * 5 }, sequence * 20);
      return remote.accept({ ...behindNat, sequence }, sequence * 20 + 10);
    });
    expect(accepted).toEqual([false, false, true, true]);
  });

  it('moves with its own stream, or from its own address after a silence', () => {
    const remote = new RemoteSource(SDP, 0);
    packets(remote, FAR_END, 0, 10);
    expect(packets(remote, { address: '20.0.0.2', port: 9, ssrc: 1 }, 220, 3)).toEqual([false, false, true]);
    expect(remote.place.address).toBe('20.0.0.2');
    const restarted = { address: '20.0.0.2', port: 10, ssrc: 2 };
    expect(packets(remote, restarted, 300, 5)).not.toContain(true);
    expect(packets(remote, restarted, 12_000, 3)).toEqual([false, false, true]);
  });

  it('is where a new SDP says, at once; the same SDP again changes nothing', () => {
    const remote = new RemoteSource(SDP, 0);
    packets(remote, { ...STRANGER, ssrc: 1 }, 0, 3);
    remote.moveTo(SDP, 1_000);
    expect(remote.place.address).toBe('6.6.6.6');
    remote.moveTo({ address: '10.0.0.2', port: 5000 }, 2_000);
    expect(remote.place).toEqual({ address: '10.0.0.2', port: 5000 });
  });
});
