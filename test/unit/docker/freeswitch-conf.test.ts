import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = join(__dirname, '..', '..', '..', 'freeswitch-conf');
const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.xml'));
const conf = files.map((file) => readFileSync(join(directory, file), 'utf8')).join('\n').replaceAll(/<!--[\s\S]*?-->/g, '');
const readme = readFileSync(join(directory, 'README.md'), 'utf8');
const named = (pattern: RegExp): string[] => [...new Set([...conf.matchAll(pattern)].map(([, name = '']) => name))].sort();
const reasons = new Map(readme.split('\n').flatMap((line) => {
  const [, names = '', , why = ''] = /^\| (`[^|]+`) \| ([^|]*) \| ([^|]+) \|$/.exec(line)?.map((part) => part.trim()) ?? [];
  return [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => [name, why] as const);
}));
const settings = [...named(/<param name="([^"]+)"/g), ...named(/<load module="([^"]+)"/g)];

describe('the configuration of FreeSWITCH', () => {
  it('has a reason for each setting and each module', () => {
    expect(settings.length).toBeGreaterThan(40);
    expect(settings.filter((name) => (reasons.get(name)?.length ?? 0) < 3)).toEqual([]);
  });

  it('gives no reason for what it does not have', () => {
    const variables = named(/env-set" data="\w+=\$(\w+)"/g);
    expect([...reasons.keys()].filter((name) => !settings.includes(name) && !variables.includes(name))).toEqual([]);
  });

  it('loads none of the modules that open doors', () => {
    expect(named(/<load module="([^"]+)"/g).filter((module) => /sms|verto|xml_rpc|xml_curl|http|curl|shout|lua|v8|python|esf/.test(module))).toEqual([]);
  });

  it('listens inside unless it is told otherwise, and takes only gateways', () => {
    expect(conf).toContain('data="sip_listen=127.0.0.1"');
    expect(conf).toContain('data="event_socket_listen=127.0.0.1"');
    expect(conf.match(/<param name="apply-inbound-acl" value="gateways"\/>/g)).toHaveLength(2);
    expect(conf).toMatch(/<list name="gateways" default="deny">/);
    expect(named(/<param name="(?:sip-ip|listen-ip)" value="([^"]+)"/g)).toEqual(['$${event_socket_listen}', '$${sip_listen}']);
  });

  it('sets before the answer what has no effect after it, in as few applications as can be', () => {
    const actions = [...conf.matchAll(/<action application="(\w+)"(?: data="([^"]*)")?/g)].map(([, name, value = '']) => [name, value] as const);
    expect(actions.map(([name]) => name)).toEqual(['multiset', 'answer', 'multiunset', 'socket']);
    for (const variable of ['rtp_rewrite_timestamps=true', 'media_timeout=', 'media_hold_timeout=', 'send_silence_when_idle=-1',
      'hangup_after_bridge=false', 'park_after_bridge=true', 'playback_terminators=none']) {
      expect(actions[0]?.[1].slice('^^;'.length).split(';').some((one) => one.startsWith(variable))).toBe(true);
    }
  });

  it('takes no variable from a channel that drachtio-fsmrf reads', () => {
    const library = readFileSync(join(directory, '..', 'node_modules', 'drachtio-fsmrf', 'lib', 'endpoint.js'), 'utf8')
      + readFileSync(join(directory, '..', 'node_modules', 'drachtio-fsmrf', 'lib', 'mediaserver.js'), 'utf8');
    const read = [...library.matchAll(/variable_(\w+)/g)].map(([, name = '']) => name);
    expect(read).toEqual(expect.arrayContaining(['sip_user_agent', 'rtp_local_sdp_str']));
    const taken = /application="multiunset" data="([^"]*)"/.exec(conf)?.[1]?.split(' ') ?? [];
    expect(taken.length).toBeGreaterThan(20);
    expect(taken.filter((name) => read.includes(name))).toEqual([]);
  });
});
