import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firewallPlan } from '../../src/firewall';
import { startRedis, type TestRedis } from '../support/redis-server';

const CONFIG = `
demo: true
sip: { port: 5070 }
rtp: { portMin: 30000, portMax: 30100 }
drachtio: { host: 10.0.0.7, secret: well-hidden-control }
tenancy:
  trunks:
    - { name: carrier, sources: [203.0.113.0/24], outbound: { host: 198.51.100.9 } }
    - { name: lab, sources: ['2001:db8::/48'] }
`;

describe('make firewall', () => {
  let redis: TestRedis;
  let directory: string;
  beforeAll(async () => {
    redis = await startRedis();
    directory = mkdtempSync(join(tmpdir(), 'holdfast-firewall-'));
    writeFileSync(join(directory, 'config.yaml'), CONFIG);
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await redis.stop();
  });
  const plan = (env: Record<string, string> = {}) =>
    firewallPlan({ HOLDFAST_CONFIG: join(directory, 'config.yaml'), HOLDFAST_DATA_DIR: join(directory, 'data'), REDIS_URL: redis.url, ...env });

  it('knows the trunks of the configuration and those that Redis holds beside them', async () => {
    const kept = [
      { name: 'carrier', sources: ['192.0.2.1'] }, { name: 'second', sources: ['198.51.100.0/25', '203.0.113.0/24'] },
      { name: 'office', sources: [], domain: 'office.example', digest: { user: 'u', sealedHa1: 'x' } },
      { name: 'way out', sources: [], outbound: { host: '192.0.2.99', port: 5060, sealedPassword: 'x' } },
    ];
    for (const trunk of kept) await redis.client().hset('hf:trunks', trunk.name, JSON.stringify(trunk));
    const found = await plan();
    expect(found).toMatchObject({ sipPort: 5_070, rtp: { min: 30_000, max: 30_101 }, sourceRate: 2_000, anywhere: ['office'] });
    expect(found.sources).toEqual(['203.0.113.0/24', '2001:db8::/48', '198.51.100.0/25', '198.51.100.9', '192.0.2.99']);
    expect(found.notes).toEqual(['trunks: 2 of the configuration, 3 more of Redis']);
    expect(readdirSync(directory)).toEqual(['config.yaml']);
  });

  it('goes on without Redis, and says so', async () => {
    const found = await plan({ REDIS_URL: 'redis://127.0.0.1:1' });
    expect(found.sources).toEqual(['203.0.113.0/24', '2001:db8::/48', '198.51.100.9']);
    expect(found.notes[0]).toMatch(/^trunks: 2 of the configuration only, for Redis was not asked \(cannot connect to Redis: /);
  });

  it('closes the ports of the installation to all but its own machines', async () => {
    const found = await plan({
      NODES: '10.0.0.8, 10.1.0.0/24,', REDIS_URL: `redis+cluster://10.0.0.21:7001,10.0.0.22:7002`,
      FREESWITCH_SERVERS: '10.0.0.9:8021:hidden-well-1,no-such-host.invalid:8022:hidden-well-2',
    });
    expect(found.controlPorts.map(({ port }) => port)).toEqual([9_022, 8_021, 8_022, 5_080, 7_001, 7_002]);
    expect(found.nodes).toEqual(['10.1.0.0/24', '10.0.0.8', '10.0.0.7', '10.0.0.9', '10.0.0.21', '10.0.0.22']);
    expect(found.notes).toContainEqual(expect.stringMatching(/^no-such-host\.invalid has no address now and is not in the rules/));
  });

  it('names what is wrong with the configuration', async () => {
    await expect(plan({ HOLDFAST_SIP_PORT: 'x' })).rejects.toThrow('HOLDFAST_SIP_PORT: must be a whole number');
  });
});
