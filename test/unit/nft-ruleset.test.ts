import { spawnSync } from 'node:child_process';
import { type FirewallPlan, nftRuleset } from '../../src/nft-ruleset';

const PLAN: FirewallPlan = {
  sipPort: 5060,
  rtp: { min: 20_000, max: 24_001 },
  sourceRate: 2_000,
  sources: ['203.0.113.0/24', '203.0.113.7', '2001:db8::/32', '127.0.0.0/8', '::1/128', '::ffff:192.0.2.0/120', '0.0.0.0/0'],
  anywhere: [],
  controlPorts: [{ port: 9_022, what: 'control of drachtio' }, { port: 8_021, what: 'event socket' }, { port: 8_021, what: 'another' }],
  nodes: ['10.0.0.5', '2001:db8:5::1'],
  notes: ['trunks: 2 of the configuration'],
};
const PLANS: readonly (readonly [string, FirewallPlan])[] = [
  ['of a common installation', PLAN],
  ['without any trunk', { ...PLAN, sources: [], nodes: [], controlPorts: [], notes: [] }],
  ['with trunks that call from anywhere', { ...PLAN, anywhere: ['office', 'home'] }],
  ['with names that would be rules', {
    ...PLAN, anywhere: ['a\n} flush ruleset {', 'b\r; drop'], sources: ['10.0.0.1\n} flush ruleset', '10.0.0.0/33', 'carrier.example', 'fe80::1%lo'],
    notes: ['x\u2028add rule inet filter input accept'],
  }],
];

/** Each line that the tool may print; nft(8) reads all of them. */
const ADDRESS = String.raw`[0-9a-f.:]+(/\d+)?`;
const VERDICT = String.raw`(accept|drop|jump [a-z]+)( comment "[^"\n]*")?`;
const PORTS = String.raw`meta l4proto \{ tcp, udp \} th dport (\d+|\{ \d+(, \d+)* \})`;
const LINES = [
  '', '#!.*', String.raw`\s*#[^\n]*`, 'table inet holdfast( \\{)?', 'delete table inet holdfast', ' *\\}',
  '  (set|chain) [a-z0-9_]+ \\{', '    type ipv[46]_addr', '    flags (interval|dynamic,timeout)', '    auto-merge', '    timeout 1m',
  '    size \\d+', '    elements = \\{', `      ${ADDRESS},`, '    type filter hook input priority filter; policy accept;',
  '    iif "lo" accept', `    ${PORTS} jump sip`, `    udp dport \\d+-\\d+ counter ${VERDICT}`,
  `    ip6? saddr @nodes_v[46] ${PORTS} counter accept`, `    ${PORTS} counter ${VERDICT}`,
  `    ip6? saddr @[a-z0-9_]+ ${VERDICT}`, `    ct state established,related ${VERDICT}`, `    (counter )?${VERDICT}`,
  '    update @rate_[a-z]+_v[46] \\{ (ip|ip6) saddr( & ffff:ffff:ffff:ffff::)? limit rate over \\d+/second burst \\d+ packets \\} counter drop',
].map((line) => new RegExp(`^${line}$`));

/** Reads rules as nft would, without putting them into force: in a network of its own, with rights of its own. */
const askNft = (rules: string): { readonly status: number | null; readonly stderr: string } =>
  spawnSync('unshare', ['-rn', 'nft', '-c', '-f', '-'], { input: rules, encoding: 'utf8', env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` } });
const nftCanBeAsked = askNft('table inet holdfast\n').status === 0;

describe('rules for nftables', () => {
  it.each(PLANS)('are nothing but lines of the grammar: %s', (_name, plan) => {
    const lines = nftRuleset(plan).split('\n');
    expect(lines.filter((line) => !LINES.some((known) => known.test(line)))).toEqual([]);
    const rules = lines.filter((line) => !/^\s*#/.test(line)).join('\n').replaceAll(/"[^"]*"/g, '');
    expect(rules.match(/\{/g)?.length).toBe(rules.match(/\}/g)?.length);
    for (const [, name] of rules.matchAll(/[@]([a-z0-9_]+)/g)) expect(rules).toContain(`  set ${name ?? ''} {`);
    for (const [, name] of rules.matchAll(/jump ([a-z]+)/g)) expect(rules).toContain(`  chain ${name ?? ''} {`);
  });

  (nftCanBeAsked ? it : it.skip).each(PLANS)('are taken by nft: %s', (_name, plan) => {
    expect(askNft(nftRuleset(plan))).toMatchObject({ status: 0, stderr: '' });
  });

  it('list each source by its family, without this machine, and say what is none', () => {
    const rules = nftRuleset({ ...PLAN, sources: [...PLAN.sources, 'carrier.example'] });
    const set = (name: string): string[] =>
      [...(new RegExp(`set ${name} \\{[^}]*elements = \\{([^}]*)\\}`).exec(rules)?.[1] ?? '').matchAll(/\S+(?=,)/g)].map(([one]) => one);
    expect(set('sip_sources_v4')).toEqual(['203.0.113.0/24', '203.0.113.7', '192.0.2.0/24', '0.0.0.0/0']);
    expect(set('sip_sources_v6')).toEqual(['2001:db8::/32']);
    expect(set('nodes_v4')).toEqual(['10.0.0.5']);
    expect(rules).toContain('# left out, for it is no address block: carrier.example');
  });

  it('turn strangers away, but not where a trunk calls from anywhere: it says which', () => {
    const [closed, open] = [nftRuleset(PLAN), nftRuleset({ ...PLAN, anywhere: ['office'] })];
    expect(closed).toContain('    counter drop comment "strangers get no answer"\n  }');
    expect(open).not.toContain('strangers get no answer');
    expect(open).toContain('    jump others\n');
    expect(open).toContain('may come from anywhere (digest): office');
  });

  it('close the control ports to all but the machines of the installation', () => {
    const rules = nftRuleset(PLAN);
    expect(rules).toContain('ip saddr @nodes_v4 meta l4proto { tcp, udp } th dport { 9022, 8021 } counter accept');
    expect(rules).toContain('    meta l4proto { tcp, udp } th dport { 9022, 8021 } counter drop');
  });
});
