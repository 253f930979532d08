import { isIP } from 'node:net';

/** What the firewall of one machine has to know. Addresses are literals or CIDR blocks. */
export interface FirewallPlan {
  readonly sipPort: number;
  /** UDP ports for audio, inclusive. */
  readonly rtp: { readonly min: number; readonly max: number };
  /** SIP packets a second of one known source; twice as many at once. */
  readonly sourceRate: number;
  /** Who may speak SIP to us. */
  readonly sources: readonly string[];
  /** Names of trunks whose calls may come from any address. */
  readonly anywhere: readonly string[];
  /** TCP ports by which the programs of an installation speak to each other, and what each is. */
  readonly controlPorts: readonly { readonly port: number; readonly what: string }[];
  /** Other machines of this installation. */
  readonly nodes: readonly string[];
  /** Lines for people: where this comes from, what is missing. */
  readonly notes: readonly string[];
}

/** SIP packets a second of a source that no trunk lists, where such sources have to be heard at all. */
const OTHERS_RATE = 20;
/** Sources whose rate is remembered at once; forged ones must not fill the memory. */
const REMEMBERED = 65_536;
const LOOPBACK = /^(127\.|::1(\/128)?$)/;

/**
 * A ruleset for `nft -f`: one table that replaces itself. It decides about the SIP, RTP and control ports only; whatever
 * another table drops stays dropped. Blocks that are no addresses are left out and named in a comment.
 */
export function nftRuleset(plan: FirewallPlan): string {
  const sources = families(plan.sources);
  const nodes = families(plan.nodes);
  const wrong = [...sources.wrong, ...nodes.wrong].map((block) => `left out, for it is no address block: ${block}`);
  const open = plan.anywhere.length > 0;
  return [
    '#!/usr/sbin/nft -f',
    '# Holdfast: who may reach the SIP, RTP and control ports of this machine. Written by `make firewall`, to be read before',
    '# it is loaded; written anew when trunks change. Nothing else is touched: what another table drops stays dropped.',
    ...[...plan.notes, ...wrong].map(comment),
    ...(open ? [
      comment(`SIP stays open to every address, for calls of these trunks may come from anywhere (digest): ${plan.anywhere.join(', ')}`),
    ] : []),
    '',
    'table inet holdfast',
    'delete table inet holdfast',
    'table inet holdfast {',
    ...addressSet('sip_sources', sources),
    ...addressSet('nodes', nodes),
    ...meterSet('known'),
    ...(open ? meterSet('others') : []),
    '  chain inbound {',
    '    type filter hook input priority filter; policy accept;',
    '    iif "lo" accept',
    `    meta l4proto { tcp, udp } th dport ${plan.sipPort} jump sip`,
    `    udp dport ${plan.rtp.min}-${plan.rtp.max} counter accept comment "audio: carriers send it from addresses of its own"`,
    ...controlRules(plan),
    '  }',
    '',
    '  chain sip {',
    '    ip saddr @sip_sources_v4 jump known',
    '    ip6 saddr @sip_sources_v6 jump known',
    '    ip saddr @nodes_v4 jump known',
    '    ip6 saddr @nodes_v6 jump known',
    '    ct state established,related jump known comment "answers to requests of ours"',
    ...(open ? ['    jump others'] : ['    counter drop comment "strangers get no answer"']),
    '  }',
    '',
    ...rateChain('known', plan.sourceRate),
    ...(open ? ['', ...rateChain('others', OTHERS_RATE)] : []),
    '}',
    '',
  ].join('\n');
}

interface Families {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
  readonly wrong: readonly string[];
}

/** Loopback is left out: it passes anyway. IPv4 inside IPv6 (`::ffff:192.0.2.0/120`) comes as IPv4 on the wire. */
function families(blocks: readonly string[]): Families {
  const result = { v4: new Set<string>(), v6: new Set<string>(), wrong: new Set<string>() };
  for (const block of blocks) {
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)(?:\/(\d+))?$/i.exec(block);
    const plain = mapped ? `${mapped[1] ?? ''}/${Number(mapped[2] ?? 128) - 96}` : block;
    const [address = '', bits, ...more] = plain.split('/');
    const family = isIP(address);
    const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32));
    if (family === 0 || !fits || more.length > 0 || address.includes('%')) result.wrong.add(block);
    else if (!LOOPBACK.test(plain)) (family === 6 ? result.v6 : result.v4).add(plain);
  }
  return { v4: [...result.v4], v6: [...result.v6], wrong: [...result.wrong] };
}

function addressSet(name: string, { v4, v6 }: Families): string[] {
  return ([['v4', 'ipv4_addr', v4], ['v6', 'ipv6_addr', v6]] as const).flatMap(([suffix, type, addresses]) => [
    `  set ${name}_${suffix} {`,
    `    type ${type}`,
    '    flags interval',
    '    auto-merge',
    ...(addresses.length === 0 ? [] : ['    elements = {', ...addresses.map((address) => `      ${address},`), '    }']),
    '  }',
    '',
  ]);
}

/** Sources with the rate that is left to each; filled by the rules themselves. */
function meterSet(name: string): string[] {
  return ['v4', 'v6'].flatMap((suffix) => [
    `  set rate_${name}_${suffix} {`,
    `    type ip${suffix}_addr`,
    `    size ${REMEMBERED}`,
    '    flags dynamic,timeout',
    '    timeout 1m',
    '  }',
    '',
  ]);
}

function rateChain(name: string, perSecond: number): string[] {
  const limit = `limit rate over ${perSecond}/second burst ${2 * perSecond} packets`;
  return [
    `  chain ${name} {`,
    `    update @rate_${name}_v4 { ip saddr ${limit} } counter drop`,
    `    update @rate_${name}_v6 { ip6 saddr & ffff:ffff:ffff:ffff:: ${limit} } counter drop`,
    '    counter accept',
    '  }',
  ];
}

function controlRules({ controlPorts, sipPort }: FirewallPlan): string[] {
  const ports = [...new Map(controlPorts.filter(({ port }) => port !== sipPort).map((one) => [one.port, one]))];
  if (ports.length === 0) return [];
  const set = `meta l4proto { tcp, udp } th dport { ${ports.map(([port]) => port).join(', ')} }`;
  return [
    ...ports.map(([port, { what }]) => `    ${comment(`${port}: ${what}`)}`),
    `    ip saddr @nodes_v4 ${set} counter accept`,
    `    ip6 saddr @nodes_v6 ${set} counter accept`,
    `    ${set} counter drop comment "control ports are for this installation"`,
  ];
}

/** Names come from people and from Redis: one of them must not end its line and become a rule. */
function comment(text: string): string {
  return `# ${text.replace(/[^\x20-\x7e\u00a0-\u{10ffff}]|[\u2028\u2029]/gu, '?')}`;
}
