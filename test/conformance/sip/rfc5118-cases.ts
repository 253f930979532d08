import { parseHostPort, parseNameAddr, parseUri, type SipRequest, topVia } from '../../../src/protocol/sip';
import { crlf, type TortureCase, withBody } from './torture-case';

const hostOf = (request: SipRequest): string | undefined => parseUri(request.uri)?.host;

interface Parts {
  readonly method?: string;
  readonly vias?: readonly string[];
  readonly contact?: string;
  readonly body?: readonly string[];
}

/** A request of RFC 5118: they share all but what each is about. */
function message(name: string, uri: string, { method = 'REGISTER', vias, contact, body }: Parts = {}): Buffer {
  const head = [
    `${method} ${uri} SIP/2.0`, 'To: sip:user@example.com', 'From: sip:user@example.com;tag=81x2',
    ...(vias ?? ['SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111']).map((via) => `Via: ${via}`),
    `Call-ID: ${name}.SSG9559905523997077@hlau_4100`, 'Max-Forwards: 70',
    ...(contact === undefined ? [] : [`Contact: ${contact}`]), `CSeq: 98176 ${method}`,
    ...(body === undefined ? [] : ['Content-Type: application/sdp']),
  ];
  return withBody(head, crlf(...body ?? []));
}

const caller = '"Caller" <sip:caller@[2001:db8::1]>';
const sdp = (connection: string, ...media: string[]): string[] =>
  ['v=0', `o=assistant 971731711378798081 0 ${connection}`, 's=Live video feed for today\'s meeting', `c=${connection}`,
    't=3338481189 3370017201', ...media];

/** RFC 5118 section 4. */
export const ipv6Cases: readonly TortureCase[] = [
  {
    section: '4.1', name: 'ipv6-good', about: 'a valid message with an IPv6 reference',
    bytes: message('ipv6-good', 'sip:[2001:db8::10]', { contact: caller }),
    verdict: { kind: 'request', status: 480, check: (request) => {
      expect(hostOf(request)).toBe('2001:db8::10');
      expect(topVia(request)).toMatchObject({ host: '2001:db8::9:1' });
      expect(topVia(request)?.port).toBeUndefined();
      expect(parseUri(parseNameAddr(request.headers.get('Contact') ?? '')?.uri ?? '')?.host).toBe('2001:db8::1');
    } },
  },
  {
    section: '4.2', name: 'ipv6-bad', about: 'an IPv6 address without brackets in the Request-URI',
    bytes: message('ipv6-bad', 'sip:2001:db8::10', { contact: caller }),
    verdict: { kind: 'refused', status: 400 },
  },
  {
    section: '4.3', name: 'port-ambiguous', about: 'a port that is part of the address',
    bytes: message('port-ambiguous', 'sip:[2001:db8::10:5070]', { contact: caller }),
    verdict: { kind: 'request', status: 480, check: (request) => {
      expect(parseUri(request.uri)).toEqual({ scheme: 'sip', host: '2001:db8::10:5070', params: new Map() });
    } },
  },
  {
    section: '4.4', name: 'port-unambiguous', about: 'a port outside the brackets',
    bytes: message('port-unambiguous', 'sip:[2001:db8::10]:5070', { contact: caller }),
    verdict: { kind: 'request', status: 480, check: (request) => {
      expect(parseUri(request.uri)).toMatchObject({ host: '2001:db8::10', port: 5070 });
    } },
  },
  {
    section: '4.5', name: 'via-received-param-with-delim', about: 'received with brackets',
    bytes: message('with-delim', 'sip:[2001:db8::10]', {
      method: 'BYE', vias: ['SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111'],
    }),
    verdict: { kind: 'request', status: 481, check: (request) => {
      expect(parseHostPort(topVia(request)?.params.get('received') ?? '')).toEqual({ host: '2001:db8::9:255' });
    } },
  },
  {
    section: '4.5', name: 'via-received-param-no-delim', about: 'received without brackets',
    bytes: message('no-delim', 'sip:[2001:db8::10]', {
      method: 'OPTIONS', vias: ['SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3'],
    }),
    verdict: { kind: 'request', status: 480, check: (request, at) => {
      if (at === 'sent') expect(topVia(request)?.params.get('received')).toBe('2001:db8::9:255');
      expect(topVia(request)?.params.get('branch')).toBe('z9hG4bKas3');
    } },
  },
  {
    section: '4.6', name: 'ipv6-in-sdp', about: 'IPv6 addresses in the session description',
    bytes: message('ipv6-in-sdp', 'sip:user@[2001:db8::10]', {
      method: 'INVITE', contact: caller,
      body: sdp('IN IP6 2001:db8::20', 'm=audio 6000 RTP/AVP 2', 'a=rtpmap:2 G726-32/8000'),
    }),
    verdict: { kind: 'request', status: 480, check: (request) => {
      expect(parseUri(request.uri)).toMatchObject({ user: 'user', host: '2001:db8::10' });
      expect(request.body.toString()).toContain('\r\nc=IN IP6 2001:db8::20\r\n');
    } },
  },
  {
    section: '4.7', name: 'mult-ip-in-header', about: 'addresses of both families in header fields',
    bytes: message('mult-ip-in-header', 'sip:user@host.example.net', {
      method: 'BYE',
      vias: ['SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111',
        'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144',
        'SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200'],
    }),
    verdict: { kind: 'request', status: 481, check: (request) => {
      expect(topVia(request)).toMatchObject({ host: '2001:db8::9:1', port: 6050 });
      expect(request.headers.list('Via')).toHaveLength(3);
    } },
  },
  {
    section: '4.8', name: 'mult-ip-in-sdp', about: 'addresses of both families in the session description',
    bytes: message('mult-ip-in-sdp', 'sip:user@[2001:db8::10]', {
      method: 'INVITE', contact: caller,
      body: sdp('IN IP4 192.0.2.1', 'm=audio 22334 RTP/AVP 0', 'm=video 6024 RTP/AVP 107', 'c=IN IP6 2001:db8::1',
        'a=rtpmap:107 H263-1998/90000'),
    }),
    verdict: { kind: 'request', status: 480, check: ({ body }) => {
      expect(body.toString()).toMatch(/^c=IN IP4 192\.0\.2\.1\r$[^]*^c=IN IP6 2001:db8::1\r$/m);
    } },
  },
  {
    section: '4.9', name: 'ipv4-mapped-ipv6', about: 'IPv4-mapped IPv6 addresses',
    bytes: message('ipv4-mapped-ipv6', 'sip:user@example.com', {
      method: 'INVITE', contact: '"T. desk phone" <sip:ted@[::ffff:192.0.2.2]>',
      vias: ['SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19', 'SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111'],
      body: sdp('IN IP6 ::ffff:192.0.2.2', 'm=audio 6000 RTP/AVP 2'),
    }),
    verdict: { kind: 'request', status: 480, check: (request) => {
      expect(topVia(request)).toMatchObject({ host: '::ffff:192.0.2.10', port: 19_823 });
      expect(parseUri(parseNameAddr(request.headers.get('Contact') ?? '')?.uri ?? '')?.host).toBe('::ffff:192.0.2.2');
    } },
  },
  {
    section: '4.10', name: 'ipv6-bug-abnf-3-colons', about: 'three colons, which the grammar of RFC 3261 allows by mistake',
    bytes: message('ipv6-bug-abnf-3-colons', 'sip:user@[2001:db8:::192.0.2.1]', { method: 'OPTIONS' }),
    // "A SIP implementation receiving such a message may exhibit robustness by successfully parsing" it.
    verdict: { kind: 'request', status: 480, check: (request) => expect(hostOf(request)).toBe('2001:db8:::192.0.2.1') },
  },
];
