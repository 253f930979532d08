import { crlf, sdpLines, type TortureCase, type Verdict, withBody } from './torture-case';

const sdp = crlf(...sdpLines());
const refused = (status: number): Verdict => ({ kind: 'refused', status });

/** What most of these messages have in common, with their own name in it. */
function ordinary(name: string, method: string): string[] {
  return [
    'To: sip:j.user@example.com', 'From: sip:caller@example.net;tag=134161461246', 'Max-Forwards: 7',
    `Call-ID: ${name}.0ha0isndaksdjasdf3234nas`, `CSeq: 8 ${method}`,
    'Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw2349i',
  ];
}

function invite(name: string, startLine: string, ...more: string[]): Buffer {
  const head = [startLine, ...ordinary(name, 'INVITE'), 'Contact: <sip:caller@192.0.2.15>', ...more];
  return withBody([...head, 'Content-Type: application/sdp'], sdp);
}

/** RFC 4475 3.1.2: messages that no implementation should take for what they seem to say. */
export const invalidMessages: readonly TortureCase[] = [
  {
    section: '3.1.2.1', name: 'badinv01', about: 'extraneous header field separators',
    bytes: withBody([
      'INVITE sip:user@example.com SIP/2.0', 'To: sip:j.user@example.com', 'From: sip:caller@example.net;tag=134161461246',
      'Max-Forwards: 7', 'Call-ID: badinv01.0ha0isndaksdjasdf3234nas', 'CSeq: 8 INVITE',
      'Via: SIP/2.0/UDP 192.0.2.15;;,;,,', 'Contact: "Joe" <sip:joe@example.org>;;;;', 'Content-Type: application/sdp',
    ], sdp),
    verdict: refused(400),
  },
  {
    section: '3.1.2.2', name: 'clerr', about: 'Content-Length larger than the message',
    bytes: Buffer.concat([crlf(
      'INVITE sip:user@example.com SIP/2.0', ...ordinary('clerr', 'INVITE'), 'Contact: <sip:caller@192.0.2.15>',
      'Content-Type: application/sdp', 'Content-Length: 9999', '',
    ), sdp]),
    verdict: refused(400),
  },
  {
    section: '3.1.2.3', name: 'ncl', about: 'negative Content-Length',
    bytes: Buffer.concat([crlf(
      'INVITE sip:user@example.com SIP/2.0', 'Max-Forwards: 254', 'To: sip:j.user@example.com',
      'From: sip:caller@example.net;tag=32394234', 'Call-ID: ncl.0ha0isndaksdj2193423r542w35', 'CSeq: 0 INVITE',
      'Via: SIP/2.0/UDP 192.0.2.53;branch=z9hG4bKkdjuw', 'Contact: <sip:caller@example53.example.net>',
      'Content-Type: application/sdp', 'Content-Length: -999', '',
    ), sdp]),
    verdict: refused(400),
  },
  {
    section: '3.1.2.4', name: 'scalar02', about: 'request scalar fields with overlarge values',
    bytes: crlf(
      'REGISTER sip:example.com SIP/2.0', 'Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bK342sdfoi3',
      'To: <sip:user@example.com>', 'From: <sip:user@example.com>;tag=239232jh3', 'CSeq: 36893488147419103232 REGISTER',
      'Call-ID: scalar02.23o0pd9vanlq3wnrlnewofjas9ui32', 'Max-Forwards: 300', `Expires: 1${'0'.repeat(100)}`,
      'Contact: <sip:user@host129.example.com>', '  ;expires=280297596632815', 'Content-Length: 0', '',
    ),
    verdict: refused(400),
  },
  {
    section: '3.1.2.5', name: 'scalarlg', about: 'response scalar fields with overlarge values',
    bytes: crlf(
      'SIP/2.0 503 Service Unavailable', 'Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bKzzxdiwo34sw;received=192.0.2.129',
      'To: <sip:user@example.com>', 'From: <sip:other@example.net>;tag=2easdjfejw', 'CSeq: 9292394834772304023312 OPTIONS',
      'Call-ID: scalarlg.noase0of0234hn2qofoaf0232aewf2394r', 'Retry-After: 949302838503028349304023988',
      'Warning: 1812 overture "In Progress"', 'Content-Length: 0', '',
    ),
    verdict: { kind: 'discarded' },
  },
  {
    section: '3.1.2.6', name: 'quotbal', about: 'unterminated quoted string in a display name',
    bytes: withBody([
      'INVITE sip:user@example.com SIP/2.0', 'To: "Mr. J. User <sip:j.user@example.com>',
      'From: sip:caller@example.net;tag=93334', 'Max-Forwards: 10', 'Call-ID: quotbal.aksdj',
      'Contact: <sip:caller@host59.example.net>', 'CSeq: 8 INVITE',
      'Via: SIP/2.0/UDP 192.0.2.59:5060;branch=z9hG4bKkdjuw39234', 'Content-Type: application/sdp',
    ], sdp),
    verdict: refused(400),
  },
  {
    section: '3.1.2.7', name: 'ltgtruri', about: '<> enclosing the Request-URI',
    bytes: invite('ltgtruri', 'INVITE <sip:user@example.com> SIP/2.0'), verdict: refused(400),
  },
  {
    section: '3.1.2.8', name: 'lwsruri', about: 'malformed Request-URI (white space in it)',
    bytes: invite('lwsruri', 'INVITE sip:user@example.com; lr SIP/2.0'), verdict: refused(400),
  },
  {
    section: '3.1.2.9', name: 'lwsstart', about: 'multiple spaces between the elements of the request line',
    bytes: invite('lwsstart', 'INVITE  sip:user@example.com  SIP/2.0'), verdict: refused(400),
  },
  {
    section: '3.1.2.10', name: 'trws', about: 'spaces at the end of the request line',
    bytes: crlf('OPTIONS sip:remote-target@example.com SIP/2.0  ', ...ordinary('trws', 'OPTIONS'), 'Content-Length: 0', ''),
    verdict: refused(400),
  },
  {
    section: '3.1.2.11', name: 'escruri', about: 'escaped headers in the Request-URI',
    bytes: invite('escruri', 'INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0'), verdict: refused(400),
  },
  {
    section: '3.1.2.12', name: 'baddate', about: 'invalid time zone in Date',
    bytes: invite('baddate', 'INVITE sip:user@example.com SIP/2.0', 'Date: Fri, 01 Jan 2010 16:00:00 EST'),
    // "An element shouldn't [reject it] unless the contents of the Date header field were actually important".
    verdict: { kind: 'request', status: 480, check: ({ headers }) => {
      expect(headers.get('Date')).toBe('Fri, 01 Jan 2010 16:00:00 EST');
    } },
  },
  {
    section: '3.1.2.13', name: 'regbadct', about: 'a Contact with a header in its URI, not enclosed in <>',
    bytes: crlf(
      'REGISTER sip:example.com SIP/2.0', 'To: sip:user@example.com', 'From: sip:user@example.com;tag=998332',
      'Max-Forwards: 70', 'Call-ID: regbadct.k345asrl3fdbv@10.0.0.1', 'CSeq: 1 REGISTER',
      'Via: SIP/2.0/UDP 135.180.130.133:5060;branch=z9hG4bKkdjuw',
      'Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E', 'l: 0', '',
    ),
    verdict: refused(400),
  },
  {
    section: '3.1.2.14', name: 'badaspec', about: 'spaces within an addr-spec',
    bytes: crlf(
      'OPTIONS sip:user@example.org SIP/2.0', 'Via: SIP/2.0/UDP host4.example.com:5060;branch=z9hG4bKkdju43234',
      'Max-Forwards: 70', 'From: "Bell, Alexander" <sip:a.g.bell@example.com>;tag=433423',
      'To: "Watson, Thomas" < sip:t.watson@example.org >', 'Call-ID: badaspec.sdf0234n2nds0a099u23h3hnnw009cdkne3',
      'Accept: application/sdp', 'CSeq: 3923239 OPTIONS', 'l: 0', '',
    ),
    verdict: refused(400),
  },
  {
    section: '3.1.2.15', name: 'baddn', about: 'non-token characters in a display name without quotes',
    bytes: crlf(
      'OPTIONS sip:t.watson@example.org SIP/2.0', 'Via: SIP/2.0/UDP c.example.com:5060;branch=z9hG4bKkdjuw',
      'Max-Forwards:      70', 'From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43',
      'To: Watson, Thomas <sip:t.watson@example.org>', 'Call-ID: baddn.31415@c.example.com', 'Accept: application/sdp',
      'CSeq:    3923239 OPTIONS', 'l: 0', '',
    ),
    verdict: refused(400),
  },
  {
    section: '3.1.2.16', name: 'badvers', about: 'unknown protocol version',
    bytes: crlf(
      'OPTIONS sip:t.watson@example.org SIP/7.0', 'Via:     SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw',
      'Max-Forwards:     70', 'From:    A. Bell <sip:a.g.bell@example.com>;tag=qweoiqpe',
      'To:      T. Watson <sip:t.watson@example.org>', 'Call-ID: badvers.31417@c.example.com', 'CSeq:    1 OPTIONS', 'l: 0',
      '',
    ),
    verdict: { kind: 'refused', status: 505, check: ({ headers }) => {
      expect(headers.get('Via')).toContain('SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw');
    } },
  },
  {
    section: '3.1.2.17', name: 'mismatch01', about: 'the request line and CSeq name different methods',
    bytes: crlf(
      'OPTIONS sip:user@example.com SIP/2.0', 'To: sip:j.user@example.com', 'From: sip:caller@example.net;tag=34525',
      'Max-Forwards: 6', 'Call-ID: mismatch01.dj0234sxdfl3', 'CSeq: 8 INVITE',
      'Via: SIP/2.0/UDP host.example.com;branch=z9hG4bKkdjuw', 'l: 0', '',
    ),
    verdict: refused(400),
  },
  {
    section: '3.1.2.18', name: 'mismatch02', about: 'an unknown method, and CSeq names another',
    bytes: withBody([
      'NEWMETHOD sip:user@example.com SIP/2.0', 'To: sip:j.user@example.com', 'From: sip:caller@example.net;tag=34525',
      'Max-Forwards: 6', 'Call-ID: mismatch02.dj0234sxdfl3', 'CSeq: 8 INVITE', 'Contact: <sip:caller@host.example.net>',
      'Via: SIP/2.0/UDP host.example.net;branch=z9hG4bKkdjuw', 'Content-Type: application/sdp',
    ], sdp, 'l'),
    verdict: refused(501),
  },
  {
    section: '3.1.2.19', name: 'bigcode', about: 'an overlarge response code',
    bytes: crlf(
      'SIP/2.0 4294967301 better not break the receiver',
      'Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe', 'Call-ID: bigcode.asdof3uj203asdnf3429uasdhfas3ehjasdfas9i',
      'CSeq: 353494 INVITE', 'From: <sip:user@example.com>;tag=39ansfi3', 'To: <sip:user@example.edu>;tag=902jndnke3',
      'Content-Length: 0', 'Contact: <sip:user@host105.example.com>', '',
    ),
    verdict: { kind: 'discarded' },
  },
];
