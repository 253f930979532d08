import { cseqOf, parseNameAddr, parseUri, tagOf, topVia } from '../../../src/protocol/sip';
import { crlf, sdpLines, type TortureCase, type Verdict, withBody } from './torture-case';

const sdp = crlf(...sdpLines());
const refused = (status: number): Verdict => ({ kind: 'refused', status });

function register(name: string, ...more: string[]): Buffer {
  return crlf(
    'REGISTER sip:example.com SIP/2.0', 'Via: SIP/2.0/UDP saturn.example.com:5060;branch=z9hG4bKkdjuw',
    'Max-Forwards: 70', 'From: sip:watson@example.com;tag=DkfVgjkrtMwaerKKpe', 'To: sip:watson@example.com',
    `Call-ID: ${name}.70710@saturn.example.com`, 'CSeq: 2 REGISTER', ...more, 'l: 0', '',
  );
}

function options(name: string, uri: string, more: readonly string[] = [], maxForwards = 6): Buffer {
  return crlf(
    `OPTIONS ${uri} SIP/2.0`, 'To: sip:user@example.com', 'From: <sip:caller@example.net>;tag=242etr',
    `Max-Forwards: ${maxForwards}`, `Call-ID: ${name}.0ha0isndaksdj`, 'CSeq: 8 OPTIONS',
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw', ...more, 'l: 0', '',
  );
}

/** RFC 4475 3.2 to 3.4: well-formed messages that a transaction or a user agent has to judge. */
export const semanticCases: readonly TortureCase[] = [
  {
    section: '3.2.1', name: 'badbranch', about: 'a branch that is nothing but the magic cookie',
    bytes: crlf(
      'OPTIONS sip:user@example.com SIP/2.0', 'To: sip:user@example.com', 'From: sip:caller@example.org;tag=33242',
      'Max-Forwards: 3', 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK', 'Accept: application/sdp',
      'Call-ID: badbranch.sadonfo23i420jv0as0derf3j3n', 'CSeq: 8 OPTIONS', 'l: 0', '',
    ),
    verdict: { kind: 'request', status: 480, check: (request) => {
      expect(topVia(request)?.params.get('branch')).toBe('z9hG4bK');
    } },
  },
  {
    section: '3.3.1', name: 'insuf', about: 'required header fields are missing',
    bytes: withBody([
      'INVITE sip:user@example.com SIP/2.0', 'CSeq: 193942 INVITE', 'Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf',
      'Content-Type: application/sdp',
    ], sdp, 'l'),
    verdict: { kind: 'refused', status: 400, check: ({ headers }) => {
      expect([headers.get('CSeq'), headers.get('Call-ID'), headers.get('From')])
        .toEqual(['193942 INVITE', undefined, undefined]);
    } },
  },
  {
    section: '3.3.2', name: 'unkscm', about: 'a Request-URI with an unknown scheme',
    bytes: options('unkscm', 'nobodyKnowsThisScheme:totallyopaquecontent'), verdict: refused(416),
  },
  {
    section: '3.3.3', name: 'novelsc', about: 'a Request-URI with a known but atypical scheme',
    bytes: options('novelsc', 'soap.beep://192.0.2.103:3002'), verdict: refused(416),
  },
  {
    section: '3.3.4', name: 'unksm2', about: 'unknown URI schemes in header fields',
    bytes: crlf(
      'REGISTER sip:example.com SIP/2.0', 'To: isbn:2983792873', 'From: <http://www.example.com>;tag=3234233',
      'Call-ID: unksm2.daksdj@hyphenated-host.example.com', 'CSeq: 234902 REGISTER', 'Max-Forwards: 70',
      'Via: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bKkdjuw', 'Contact: <name:John_Smith>', 'l: 0', '',
    ),
    verdict: { kind: 'request', status: 480, check: ({ headers }) => {
      expect(parseNameAddr(headers.get('To') ?? '')?.uri).toBe('isbn:2983792873');
      expect(tagOf(headers.get('From'))).toBe('3234233');
      expect(parseNameAddr(headers.get('Contact') ?? '')?.uri).toBe('name:John_Smith');
    } },
  },
  {
    section: '3.3.5', name: 'bext01', about: 'Require and Proxy-Require with extensions nobody knows',
    bytes: options('bext01', 'sip:user@example.com', ['Require: nothingSupportsThis, nothingSupportsThisEither',
      'Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis']),
    verdict: { kind: 'refused', status: 420, check: ({ headers }) => {
      expect(headers.list('Unsupported')).toEqual(['nothingSupportsThis', 'nothingSupportsThisEither']);
    } },
  },
  {
    section: '3.3.6', name: 'invut', about: 'an unknown Content-Type',
    bytes: withBody([
      'INVITE sip:user@example.com SIP/2.0', 'Contact: <sip:caller@host5.example.net>', 'To: sip:j.user@example.com',
      'From: sip:caller@example.net;tag=8392034', 'Max-Forwards: 70', 'Call-ID: invut.0ha0isndaksdjadsfij34n23d',
      'CSeq: 235448 INVITE', 'Via: SIP/2.0/UDP somehost.example.com;branch=z9hG4bKkdjuw',
      'Content-Type: application/unknownformat',
    ], crlf('<audio>', ' <pcmu port="443"/>', '</audio>')),
    // 415 is the application's to say: the server hands bodies of every type on, as drachtio does.
    verdict: { kind: 'request', status: 415, check: ({ headers, body }) => {
      expect(headers.get('Content-Type')).toBe('application/unknownformat');
      expect(body.toString()).toContain('<pcmu port="443"/>');
    } },
  },
  {
    section: '3.3.7', name: 'regaut01', about: 'an unknown authorization scheme',
    bytes: crlf(
      'REGISTER sip:example.com SIP/2.0', 'To: sip:j.user@example.com', 'From: sip:j.user@example.com;tag=87321hj23128',
      'Max-Forwards: 8', 'Call-ID: regaut01.0ha0isndaksdj', 'CSeq: 9338 REGISTER',
      'Via: SIP/2.0/TCP 192.0.2.253;branch=z9hG4bKkdjuw', 'Authorization: NoOneKnowsThisScheme opaque-data=here',
      'Content-Length:0', '',
    ),
    verdict: { kind: 'request', status: 480, check: ({ headers }) => {
      expect(headers.get('Authorization')).toBe('NoOneKnowsThisScheme opaque-data=here');
    } },
  },
  {
    section: '3.3.8', name: 'multi01', about: 'several values of fields that have one',
    bytes: withBody([
      'INVITE sip:user@company.com SIP/2.0', 'Contact: <sip:caller@host25.example.net>',
      'Via: SIP/2.0/UDP 192.0.2.25;branch=z9hG4bKkdjuw', 'Max-Forwards: 70', 'CSeq: 5 INVITE',
      'Call-ID: multi01.98asdh@192.0.2.1', 'CSeq: 59 INVITE', 'Call-ID: multi01.98asdh@192.0.2.2',
      'From: sip:caller@example.com;tag=3413415', 'To: sip:user@example.com', 'To: sip:other@example.net',
      'From: sip:caller@example.net;tag=2923420123', 'Content-Type: application/sdp',
      'Contact: <sip:caller@host36.example.net>', 'Max-Forwards: 5',
    ], sdp, 'l'),
    verdict: refused(400),
  },
  {
    section: '3.3.9', name: 'mcl01', about: 'several Content-Length values',
    bytes: Buffer.concat([crlf(
      'OPTIONS sip:user@example.com SIP/2.0', 'Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bK293423',
      'To: sip:user@example.com', 'From: sip:other@example.net;tag=3923942', 'Call-ID: mcl01.fhn2323orihawfdoa3o4r52o3irsdf',
      'CSeq: 15932 OPTIONS', 'Content-Length: 13', 'Max-Forwards: 60', 'Content-Length: 5', 'Content-Type: text/plain', '',
      'There\'s no way to know how many octets are supposed to be here.',
    )]),
    verdict: refused(400),
  },
  {
    section: '3.3.10', name: 'bcast', about: 'a 200 whose second Via is a broadcast address',
    bytes: withBody([
      'SIP/2.0 200 OK', 'Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923',
      'Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23', 'Call-ID: bcast.0384840201234ksdfak3j2erwedfsASdf',
      'CSeq: 35 INVITE', 'From: sip:user@example.com;tag=11141343', 'To: sip:user@example.edu;tag=2229',
      'Content-Type: application/sdp', 'Contact: <sip:user@host28.example.com>',
    ], crlf(...sdpLines('192.0.2.198'))),
    verdict: { kind: 'discarded' },
  },
  {
    section: '3.3.11', name: 'zeromf', about: 'Max-Forwards of zero',
    bytes: options('zeromf', 'sip:user@example.com', [], 0),
    // "An endpoint should process the request as if the Max-Forwards field value were still positive."
    verdict: { kind: 'request', status: 480, check: ({ headers }) => expect(headers.get('Max-Forwards')).toBe('0') },
  },
  {
    section: '3.3.12', name: 'cparam01', about: 'REGISTER with a parameter of the Contact',
    bytes: register('cparam01', 'Contact: sip:+19725552222@gw1.example.net;unknownparam'),
    verdict: { kind: 'request', status: 480, check: ({ headers }) => {
      const contact = parseNameAddr(headers.get('Contact') ?? '');
      expect([contact?.uri, contact?.params.has('unknownparam')]).toEqual(['sip:+19725552222@gw1.example.net', true]);
    } },
  },
  {
    section: '3.3.13', name: 'cparam02', about: 'REGISTER with a parameter of the Contact\'s URI',
    bytes: register('cparam02', 'Contact: <sip:+19725552222@gw1.example.net;unknownparam>'),
    verdict: { kind: 'request', status: 480, check: ({ headers }) => {
      const contact = parseNameAddr(headers.get('Contact') ?? '');
      expect([contact?.params.size, parseUri(contact?.uri ?? '')?.params.has('unknownparam')]).toEqual([0, true]);
    } },
  },
  {
    section: '3.3.14', name: 'regescrt', about: 'REGISTER with an escaped header in the Contact\'s URI',
    bytes: register('regescrt', 'Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>'),
    verdict: { kind: 'request', status: 480, check: ({ headers }) => {
      const contact = parseUri(parseNameAddr(headers.get('Contact') ?? '')?.uri ?? '');
      expect(contact).toMatchObject({ host: 'example.com', headers: 'Route=%3Csip:sip.example.com%3E' });
    } },
  },
  {
    section: '3.3.15', name: 'sdp01', about: 'an Accept that leaves no way to answer',
    bytes: withBody([
      'INVITE sip:user@example.com SIP/2.0', 'To: sip:j_user@example.com', 'Contact: <sip:caller@host15.example.net>',
      'From: sip:caller@example.net;tag=234', 'Max-Forwards: 5', 'Call-ID: sdp01.ndaksdj9342dasdd',
      'Accept: text/nobodyKnowsThis', 'CSeq: 8 INVITE', 'Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw',
      'Content-Type: application/sdp',
    ], sdp),
    verdict: refused(406),
  },
  {
    section: '3.4.1', name: 'inv2543', about: 'an INVITE of RFC 2543: no tag, no branch, no Content-Length',
    bytes: Buffer.concat([crlf(
      'INVITE sip:UserB@example.com SIP/2.0', 'Via: SIP/2.0/UDP iftgw.example.com',
      'From: <sip:+13035551111@ift.client.example.net;user=phone>',
      'Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>', 'To: sip:+16505552222@ss1.example.net;user=phone',
      'Call-ID: inv2543.1717@ift.client.example.com', 'CSeq: 56 INVITE', 'Content-Type: application/sdp', '',
    ), sdp]),
    verdict: { kind: 'request', status: 480, check: (request, at) => {
      expect(request.body.equals(sdp)).toBe(true);
      expect(tagOf(request.headers.get('From'))).toBeUndefined();
      if (at === 'sent') expect(topVia(request)?.params.size).toBe(0);
      expect(cseqOf(request)).toEqual({ number: 56, method: 'INVITE' });
    } },
  },
];
