import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Config, configFilesFor, configReference, describeProblems, installDirectory, isKnownSecret, loadConfig,
  redactConfig,
} from '../../../../src/platform/config';

const defaultFile = join(installDirectory(), 'config', 'default.yaml');
const demoFile = join(installDirectory(), 'config', 'demo.yaml');
const secrets = {
  HOLDFAST_SECRET_KEY: 'kY3vQpW8sLx0Zb2nRt6u', DRACHTIO_SECRET: 'dr-7f3a9c',
  FREESWITCH_SERVERS: '10.0.0.5:8021:es:l-81b2',
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-config-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function file(text: string): string {
  const path = join(directory, 'own.yaml');
  writeFileSync(path, text);
  return path;
}

function loaded(env: Record<string, string>, files: string[] = [defaultFile]): Config {
  const result = loadConfig(env, files);
  if (result.outcome !== 'loaded') throw new Error(describeProblems(result.problems));
  return result.config;
}

function problems(env: Record<string, string>, files: string[] = [defaultFile]): Record<string, string> {
  const result = loadConfig(env, files);
  if (result.outcome !== 'invalid') throw new Error('expected problems');
  return Object.fromEntries(result.problems.map(({ path, message }) => [path, message]));
}

describe('loading the configuration', () => {
  it('needs nothing but the three secrets beside default.yaml', () => {
    const config = loaded(secrets);
    expect(config.sip).toEqual({ host: '127.0.0.1', port: 5060, sourceRate: 2_000 });
    expect(config.http.port).toBe(3000);
    expect(config.rtp).toEqual({ portMin: 20000, portMax: 24000 });
    expect(config.demo).toBe(false);
    expect(config.dataDir).toBe(join(process.cwd(), 'data'));
    expect(config.mediaDir).toBe(join(process.cwd(), 'data', 'media'));
    expect(config.freeswitch.servers).toEqual([{ host: '10.0.0.5', port: 8021, secret: 'es:l-81b2' }]);
    expect(config.gatewayName).not.toBe('');
  });

  it('writes in default.yaml exactly the defaults of the schema', () => {
    expect(loaded(secrets, [defaultFile])).toEqual(loaded(secrets, []));
  });

  it('takes lists from variables, separated by commas', () => {
    const config = loaded({ ...secrets, HOLDFAST_SIP_SOURCES: '192.0.2.0/24, 2001:db8::1,', HOLDFAST_MEDIA_CODECS: 'PCMA' });
    expect(config.sip.sources).toEqual(['192.0.2.0/24', '2001:db8::1']);
    expect(config.media.codecs).toEqual(['PCMA']);
    const wrong = problems({ ...secrets, HOLDFAST_SIP_SOURCES: '192.0.2.0/24,carrier', HOLDFAST_MEDIA_CODECS: 'PCMA,G729' });
    expect(Object.keys(wrong)).toEqual(['sip.sources[1]', 'media.codecs[1]']);
    expect(wrong['sip.sources[1]']).toContain('must be an address or a block');
  });

  it('lets every environment variable override the files', () => {
    const own = file('sip: { port: 5070 }\nhttp: { port: 8080 }\nlog: { level: debug }\n');
    const config = loaded({
      ...secrets, HOLDFAST_SIP_HOST: '0.0.0.0', HOLDFAST_SIP_PORT: '5090', HOLDFAST_HTTP_PORT: '0',
      HOLDFAST_DATA_DIR: directory, HOLDFAST_MEDIA_DIR: '/srv/media', HOLDFAST_EXTERNAL_IP: '203.0.113.9',
      REDIS_URL: 'rediss://redis.example:6380', DRACHTIO_HOST: 'sip.example', DRACHTIO_PORT: '9023',
      FREESWITCH_SERVERS: 'a.example:8021:s1-xyz, [2001:db8::1]:8022:s2-xyz', HOLDFAST_GATEWAY_NAME: 'gw-2',
    }, [defaultFile, own]);
    expect(config.sip).toMatchObject({ host: '0.0.0.0', port: 5090, externalIp: '203.0.113.9' });
    expect(config.http.port).toBe(0);
    expect(config.log.level).toBe('debug');
    expect(config.dataDir).toBe(directory);
    expect(config.mediaDir).toBe('/srv/media');
    expect(config.redis.url).toBe('rediss://redis.example:6380');
    expect(config.drachtio).toEqual({ host: 'sip.example', port: 9023, secret: secrets.DRACHTIO_SECRET });
    expect(config.freeswitch.servers).toEqual([
      { host: 'a.example', port: 8021, secret: 's1-xyz' }, { host: '2001:db8::1', port: 8022, secret: 's2-xyz' },
    ]);
    expect(config.gatewayName).toBe('gw-2');
  });

  it('treats an empty variable as unset', () => {
    expect(loaded({ ...secrets, HOLDFAST_SIP_PORT: '', HOLDFAST_CONFIG: '' }).sip.port).toBe(5060);
  });

  it('reports all problems at once, each with its path and what to do', () => {
    const own = file('sip: { port: 99999, hots: x }\nqueue: { heartbeatMs: 5000 }\ntrunks: []\n');
    const env = { HOLDFAST_HTTP_PORT: 'abc', REDIS_URL: 'redis.example', DRACHTIO_SECRET: 'cymru' };
    const found = problems(env, [defaultFile, own]);
    expect(Object.keys(found).sort()).toEqual([
      'HOLDFAST_HTTP_PORT', 'drachtio.secret', 'freeswitch.servers', 'queue.deadAfterMs', 'redis.url', 'secretKey',
      'sip.hots', 'sip.port', 'trunks',
    ]);
    expect(found['sip.port']).toContain('HOLDFAST_SIP_PORT');
    expect(found['HOLDFAST_HTTP_PORT']).toContain('not "abc"');
    expect(found['freeswitch.servers']).toContain('FREESWITCH_SERVERS');
    expect(found['drachtio.secret']).toContain('well-known');
    expect(found['secretKey']).toContain('HOLDFAST_SECRET_KEY');
  });

  it('names an unreadable or broken file', () => {
    const absent = join(directory, 'absent.yaml');
    expect(problems(secrets, [absent])[absent]).toContain('HOLDFAST_CONFIG');
    const broken = file('sip: [unclosed\n');
    expect(problems(secrets, [broken])[broken]).toContain('not valid YAML');
  });

  const known = ['ClueCon', 'cymru', 'JambonzR0ck$', 'changeme', 'xxxxxxxx'];
  it.each(known)('refuses the well-known secret %s outside demo mode', (secret) => {
    expect(isKnownSecret(secret)).toBe(true);
    const media = problems({ ...secrets, FREESWITCH_SERVERS: `127.0.0.1:8021:${secret}` });
    expect(media).toHaveProperty(['freeswitch.servers[0].secret']);
    expect(problems({ ...secrets, DRACHTIO_SECRET: secret })).toHaveProperty(['drachtio.secret']);
  });

  it('accepts well-known secrets in demo mode and keeps one generated key in the data directory', () => {
    const env = {
      DRACHTIO_SECRET: 'cymru', FREESWITCH_SERVERS: '127.0.0.1:8021:ClueCon', HOLDFAST_DATA_DIR: join(directory, 'd'),
    };
    const first = loaded(env, [defaultFile, demoFile]);
    expect(first.demo).toBe(true);
    expect(first.secretKey).toMatch(/^[0-9a-f]{64}$/);
    expect(loaded(env, [defaultFile, demoFile]).secretKey).toBe(first.secretKey);
    expect(existsSync(join(directory, 'd', 'secret-key'))).toBe(true);
    expect(first.tenancy.numbers.map(({ number }) => number)).toEqual(['1000', '2000', '3000']);
    expect(first.tenancy.applications[0]).toMatchObject({ voiceMethod: 'POST', voiceFallbackMethod: 'POST' });
    expect(first.tenancy.accounts[0]?.status).toBe('active');
  });

  it('refuses the public demo account outside demo mode', () => {
    const own = file(readFileSync(demoFile, 'utf8').replace('demo: true', 'demo: false'));
    expect(problems(secrets, [defaultFile, own])).toHaveProperty(['tenancy.accounts[0].authToken']);
  });

  it('checks references between accounts, applications and numbers', () => {
    const otherAccount = readFileSync(demoFile, 'utf8').replace(/(number: '1000'\n\s+account: AC0+)d01/, '$1d09');
    const own = file(`${otherAccount}    - name: this machine\n      sources: [10.0.0.0/33]\n`);
    const found = problems({ ...secrets, HOLDFAST_DATA_DIR: directory }, [defaultFile, own]);
    expect(found).toHaveProperty(['tenancy.numbers[0].account']);
    expect(found['tenancy.numbers[0].application']).toContain('belongs to');
    expect(found).toHaveProperty(['tenancy.trunks[1].name']);
    expect(found).toHaveProperty(['tenancy.trunks[1].sources[0]']);
  });

  it('gives a frozen result', () => {
    const config = loaded({ ...secrets, HOLDFAST_DATA_DIR: directory }, [defaultFile]);
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.sip)).toBe(true);
    expect(Object.isFrozen(config.freeswitch.servers[0])).toBe(true);
  });

  it('prints without any secret', () => {
    const env = { ...secrets, REDIS_URL: 'redis://user:pa55w@r.example:6379', HOLDFAST_DATA_DIR: directory };
    const config = loaded(env, [defaultFile, demoFile]);
    const printed = JSON.stringify(redactConfig(config));
    const hidden = ['pa55w', secrets.DRACHTIO_SECRET, 'es:l-81b2', secrets.HOLDFAST_SECRET_KEY, 'holdfast-demo-auth'];
    for (const secret of hidden) {
      expect(printed).not.toContain(secret);
    }
    expect(printed).toContain('r.example:6379');
  });

  it('takes config/default.yaml and then the files of HOLDFAST_CONFIG', () => {
    expect(configFilesFor({})).toEqual([defaultFile]);
    expect(configFilesFor({ HOLDFAST_CONFIG: '/etc/holdfast.yaml' })).toEqual([defaultFile, '/etc/holdfast.yaml']);
    expect(configFilesFor({ HOLDFAST_CONFIG: '/etc/a.yaml, /etc/b.yaml' })).toEqual([defaultFile, '/etc/a.yaml', '/etc/b.yaml']);
  });
});

describe('docs/config.md', () => {
  it('is what the schema says (mend: make docs)', () => {
    expect(readFileSync(join(installDirectory(), 'docs', 'config.md'), 'utf8')).toBe(configReference());
  });
});
