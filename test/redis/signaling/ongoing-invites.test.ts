import type { Redis } from 'ioredis';
import type { IncomingInvite } from '../../../src/dialogs';
import { OngoingInvites } from '../../../src/signaling';
import { requestIdOf } from '../../../src/signaling/ongoing-invites';
import { eventually } from '../../support/eventually';
import { startRedis, type TestRedis } from '../../support/redis-server';

const invite = (sipCallId: string, from: string, cseq: string): IncomingInvite =>
  ({ sipCallId, from, header: (name: string) => (name === 'CSeq' ? cseq : undefined) }) as unknown as IncomingInvite;

describe('ongoing INVITEs', () => {
  let server: TestRedis;
  let redis: Redis;
  const reports: unknown[] = [];

  beforeAll(async () => {
    server = await startRedis();
    redis = server.client();
  });
  afterAll(() => server.stop());

  it('a copy is one with the same Call-ID, From tag and CSeq, whatever else differs', () => {
    const one = requestIdOf(invite('a', '<sip:x@y>;tag=1', '1 INVITE'));
    expect(requestIdOf(invite('a', '"X" <sip:x@z>;tag=1', '1 INVITE'))).toBe(one);
    const others = [invite('b', '<sip:x@y>;tag=1', '1 INVITE'), invite('a', '<sip:x@y>;tag=2', '1 INVITE'), invite('a', '<sip:x@y>;tag=1', '2 INVITE')];
    expect(new Set([one, ...others.map(requestIdOf)]).size).toBe(4);
    // Parts do not run into each other.
    expect(requestIdOf(invite('a"', '<sip:x@y>', ''))).not.toBe(requestIdOf(invite('a', '<sip:x@y>;tag="', '')));
  });

  it('of copies that reach several gateways at once, one begins', async () => {
    const gateways = Array.from({ length: 5 }, () => new OngoingInvites(server.client(), 'hf:', (error) => reports.push(error)));
    const begun = await Promise.all(gateways.map((gateway) => gateway.begin('one')));
    expect(begun.filter(Boolean)).toHaveLength(1);
    expect(await redis.pttl('hf:invite:one')).toBeGreaterThan(60_000);
  });

  it('the same request may come again after the end', async () => {
    const gateway = new OngoingInvites(redis, 'hf:', (error) => reports.push(error));
    expect(await gateway.begin('two')).toBe(true);
    expect(await gateway.begin('two')).toBe(false);
    gateway.end('two');
    await expect(gateway.begin('two')).resolves.toBe(true);
    expect(reports).toEqual([]);
  });

  it('tells when one could not be taken off', async () => {
    const client = server.client();
    const gateway = new OngoingInvites(client, 'hf:', (error) => reports.push(error));
    client.disconnect();
    gateway.end('three');
    await eventually(() => expect(reports).toHaveLength(1));
  });
});
