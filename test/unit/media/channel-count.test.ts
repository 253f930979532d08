import { ChannelCount } from '../../../src/media/channel-count';

describe('how many channels a media server has', () => {
  it('is what its heartbeat says, with what we have made and ended since', () => {
    const count = new ChannelCount();
    count.take(10, 300, 4);
    expect(count.used(4)).toBe(10);
    expect(count.used(7)).toBe(13);
    expect(count.used(1)).toBe(7);
    count.take(20, 300, 7);
    expect(count.used(7)).toBe(20);
  });

  it('is at least what we have, whatever an old heartbeat said', () => {
    const count = new ChannelCount();
    expect(count.used(5)).toBe(5);
  });

  it('is no more when we take over what another gateway has there', () => {
    const count = new ChannelCount();
    count.take(500, 600, 250);
    for (let channel = 0; channel < 250; channel += 1) count.adopt();
    expect(count.used(500)).toBe(500);
    expect(count.used(510)).toBe(510);
    expect(count.used(400)).toBe(400);
    count.take(510, 600, 510);
    expect(count.used(510)).toBe(510);
  });

  it('has room for its sessions, or for as many as its RTP ports are enough for', () => {
    const count = new ChannelCount(200);
    expect(count.capacity).toBe(200);
    count.take(0, 100, 0);
    expect(count.capacity).toBe(100);
    count.take(0, 0, 0);
    expect(count.capacity).toBe(100);
    count.take(0, 300, 0);
    expect(count.capacity).toBe(200);
  });
});
