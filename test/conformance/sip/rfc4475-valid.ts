import { cseqOf, parseNameAddr, parseUri, tagOf, topVia } from '../../../src/protocol/sip';
import { crlf, sdpLines, type TortureCase, utf8, withBody } from './torture-case';

const oddMethod = '!interesting-Method0123456789_*+`.%indeed\'~';
const longValue = 'unknown-' + 'long'.repeat(70) + '-value';
const cyrillic = utf8('\u0440\u0430\u0431\u043e\u0442\u0430\u044e\u0449\u0438\u0439');
/** Stands for the signature of mpart01: DER is full of NULs, line ends and bytes over 0x7f. */
const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => (i * 7 + 0x30) & 0xff)
  .concat([0x00, 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0xff, 0xfe]));
const mixed = Buffer.concat([
  crlf('--7a9cbec02ceef655', 'Content-Type: text/plain', 'Content-Transfer-Encoding: binary', '', 'Hello',
    '--7a9cbec02ceef655', 'Content-Type: application/octet-stream', 'Content-Transfer-Encoding: binary', ''),
  binary, crlf('', '--7a9cbec02ceef655--'),
]);

/** RFC 4475 3.1.1: valid messages, requests. */
export const validRequests: readonly TortureCase[] = [
  {
    section: '3.1.1.1', name: 'wsinv', about: 'a short tortuous INVITE',
    bytes: Buffer.concat([crlf(
      'INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0',
      'TO :', ' sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n',
      'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>', '  ;', '  tag = 98asjd8',
      'MaX-fOrWaRdS: 0068', 'Call-ID: wsinv.ndaksdj@192.0.2.1', 'Content-Length   : 150', 'cseq: 0009', '  INVITE',
      'Via  : SIP  /   2.0', ' /UDP', '    192.0.2.2;branch=390skdjuw', 's :',
      'NewFangledHeader:   newfangled value', ' continued newfangled value',
      'UnknownHeaderWithUnusualValue: ;;,,;;,;', 'Content-Type: application/sdp', 'Route:',
      ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
      'v:  SIP  / 2.0  / TCP     spindle.example.com   ;', '  branch  =   z9hG4bK9ikj8  ,',
      ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=', ' z9hG4bK30239',
      'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =', '      newvalue ;',
      '  secondparam ; q = 0.33', '',
    ), crlf(...sdpLines('192.0.2.3', '192.0.2.4'))]),
    // Its To has a tag of no dialog known here.
    verdict: { kind: 'request', status: 481, check: (request) => {
      const { headers } = request;
      expect(parseUri(request.uri)?.params.has('unknownparam')).toBe(true);
      expect(tagOf(headers.get('To'))).toBe('1918181833n');
      expect(parseNameAddr(headers.get('From') ?? '')).toMatchObject({
        displayName: 'J Rosenberg \\"', uri: 'sip:jdrosen@example.com', params: new Map([['tag', '98asjd8']]),
      });
      expect(Number(headers.get('Max-Forwards'))).toBe(68);
      expect(cseqOf(request)).toEqual({ number: 9, method: 'INVITE' });
      expect(topVia(request)).toMatchObject({ transport: 'UDP', host: '192.0.2.2' });
      expect(headers.list('Via')).toHaveLength(3);
      expect(headers.get('Subject')).toBe('');
      expect(headers.get('NewFangledHeader')).toBe('newfangled value continued newfangled value');
      expect(headers.get('UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;');
      const route = parseUri(parseNameAddr(headers.get('Route') ?? '')?.uri ?? '');
      expect([...route?.params.keys() ?? []]).toEqual(['lr', 'unknownwith', 'unknown-no-value']);
      expect(parseNameAddr(headers.get('Contact') ?? '')).toEqual({
        displayName: 'Quoted string ""', uri: 'sip:jdrosen@example.com',
        params: new Map([['newparam', 'newvalue'], ['secondparam', undefined], ['q', '0.33']]),
      });
      expect(request.body).toHaveLength(150);
    } },
  },
  {
    section: '3.1.1.2', name: 'intmeth', about: 'a wide range of valid characters',
    bytes: crlf(
      `${oddMethod} sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.`
        + '(doesn\'t-it)@example.com SIP/2.0',
      'Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`\'~',
      'To: "BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:1_unusual.URI~(to-be!sure)&isn\'t+it$/crazy?,/;;*@example.com>',
      'From: token1~` token2\'+_ token3*%!.- <sip:mundane@example.com>;'
        + `fromParam''~+*_!.-%="${cyrillic}";tag=_token~1'+\`*%!-.`,
      'Call-ID: intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{', `CSeq: 139122385 ${oddMethod}`, 'Max-Forwards: 255',
      `extensionHeader-!.%*+_\`'~:${utf8('\ufeff\u5927\u505c\u96fb')}`, 'Content-Length: 0', '',
    ),
    verdict: { kind: 'request', status: 480, check: (request) => {
      expect(request.method).toBe(oddMethod);
      expect(parseUri(request.uri)).toMatchObject({
        user: '1_unusual.URI~(to-be!sure)&isn\'t+it$/crazy?,/;;*',
        password: '&it+has=1,weird!*pas$wo~d_too.(doesn\'t-it)', host: 'example.com',
      });
      expect(parseNameAddr(request.headers.get('To') ?? '')?.displayName).toBe('BEL:\x07 NUL:\x00 DEL:\x7f');
      expect(tagOf(request.headers.get('From'))).toBe('_token~1\'+`*%!-.');
      expect(request.headers.get('Call-ID')).toBe('intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{');
      expect(cseqOf(request)).toEqual({ number: 139_122_385, method: oddMethod });
      // The header value begins with a byte order mark, which JavaScript trims as white space.
      expect(request.headers.get('extensionHeader-!.%*+_`\'~')).toMatch(/\u5927\u505c\u96fb$/);
    } },
  },
  {
    section: '3.1.1.3', name: 'esc01', about: 'valid use of the % escaping mechanism',
    bytes: withBody([
      'INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0', 'To: sip:%75se%72@example.com',
      'From: <sip:I%20have%20spaces@example.net>;tag=938', 'Max-Forwards: 87',
      'i: esc01.239409asdfakjkn23onasd0-3234', 'CSeq: 234234 INVITE',
      'Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdjuw', 'C: application/sdp', 'Contact:',
      '  <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>',
    ], crlf(...sdpLines())),
    verdict: { kind: 'request', status: 480, check: (request) => {
      expect(parseUri(request.uri)).toMatchObject({ user: 'sips%3Auser%40example.com', host: 'example.net' });
      expect(parseNameAddr(request.headers.get('To') ?? '')?.uri).toBe('sip:%75se%72@example.com');
      const contact = parseUri(parseNameAddr(request.headers.get('Contact') ?? '')?.uri ?? '');
      expect(contact?.params).toEqual(new Map([['%6c%72', undefined], ['n%61me', 'v%61lue%25%34%31']]));
    } },
  },
  {
    section: '3.1.1.4', name: 'escnull', about: 'escaped NULs in URIs',
    bytes: crlf(
      'REGISTER sip:example.com SIP/2.0', 'To: sip:null-%00-null@example.com',
      'From: sip:null-%00-null@example.com;tag=839923423', 'Max-Forwards: 70',
      'Call-ID: escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd', 'CSeq: 14398234 REGISTER',
      'Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw', 'Contact: <sip:%00@host5.example.com>',
      'Contact: <sip:%00%00@host5.example.com>', 'L:0', '',
    ),
    verdict: { kind: 'request', status: 480, check: ({ headers }) => {
      expect(headers.list('Contact').map((value) => parseUri(parseNameAddr(value)?.uri ?? '')?.user))
        .toEqual(['%00', '%00%00']);
    } },
  },
  {
    section: '3.1.1.5', name: 'esc02', about: 'use of % when it is not an escape',
    bytes: crlf(
      'RE%47IST%45R sip:registrar.example.com SIP/2.0', 'To: "%Z%45" <sip:resource@example.com>',
      'From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23',
      'Call-ID: esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf',
      'Via: SIP/2.0/TCP host.example.com;branch=z9hG4bK209%fzsnel234', 'CSeq: 29344 RE%47IST%45R', 'Max-Forwards: 70',
      'Contact: <sip:alias1@host1.example.com>', 'C%6Fntact: <sip:alias2@host2.example.com>',
      'Contact: <sip:alias3@host3.example.com>', 'l: 0', '',
    ),
    verdict: { kind: 'request', status: 480, check: (request) => {
      expect(request.method).toBe('RE%47IST%45R');
      expect(parseNameAddr(request.headers.get('From') ?? '')?.displayName).toBe('%Z%45');
      expect(topVia(request)?.params.get('branch')).toBe('z9hG4bK209%fzsnel234');
      expect(request.headers.list('Contact')).toHaveLength(2);
    } },
  },
  {
    section: '3.1.1.6', name: 'lwsdisp', about: 'no white space between display name and <',
    bytes: crlf(
      'OPTIONS sip:user@example.com SIP/2.0', 'To: sip:user@example.com', 'From: caller<sip:caller@example.com>;tag=323',
      'Max-Forwards: 70', 'Call-ID: lwsdisp.1234abcd@funky.example.com', 'CSeq: 60 OPTIONS',
      'Via: SIP/2.0/UDP funky.example.com;branch=z9hG4bKkdjuw', 'l: 0', '',
    ),
    verdict: { kind: 'request', status: 480, check: ({ headers }) => {
      expect(parseNameAddr(headers.get('From') ?? '')).toMatchObject({
        displayName: 'caller', uri: 'sip:caller@example.com',
      });
    } },
  },
  {
    section: '3.1.1.7', name: 'longreq', about: 'long values in header fields',
    bytes: withBody([
      'INVITE sip:user@example.com SIP/2.0',
      `To: "I have a user name of ${'extreme'.repeat(60)} proportion"<sip:user@example.com:6000;`
        + `unknownparam1=very${'long'.repeat(60)}value;longparam${'name'.repeat(60)}=shortvalue;`
        + `very${'long'.repeat(60)}ParameterNameWithNoValue>`,
      `F: sip:${'amazinglylongcallername'.repeat(12)}@example.net;tag=12${'982'.repeat(90)}424;`
        + `unknownheaderparam${'name'.repeat(60)}=unknowheaderparam${'value'.repeat(60)};`
        + `unknownValueless${'paramname'.repeat(30)}`,
      `Call-ID: longreq.one${'really'.repeat(90)}longcallid`, 'CSeq: 3882340 INVITE',
      `Unknown-${'Long'.repeat(90)}-Name: ${longValue}; unknown-${'long'.repeat(60)}-parameter-name = unknown-`
        + `${'long'.repeat(60)}-parameter-value`,
      'Via: SIP/2.0/TCP sip33.example.com', 'v: SIP/2.0/TCP sip32.example.com', 'V: SIP/2.0/TCP sip31.example.com',
      ...Array.from({ length: 30 }, (_, i) => `Via: SIP/2.0/TCP sip${30 - i}.example.com`),
      'Max-Forwards: 70', `Contact: <sip:${'amazinglylongcallername'.repeat(12)}@host5.example.net>`,
      'Content-Type: application/sdp',
    ], crlf(...sdpLines()), 'l'),
    verdict: { kind: 'request', status: 480, check: (request) => {
      const { headers } = request;
      expect(headers.list('Via')).toHaveLength(33);
      expect(topVia(request)?.host).toBe('sip33.example.com');
      expect(tagOf(headers.get('From'))).toBe(`12${'982'.repeat(90)}424`);
      expect(headers.get(`unknown-${'long'.repeat(90)}-name`)?.startsWith(longValue)).toBe(true);
      const to = parseUri(parseNameAddr(headers.get('To') ?? '')?.uri ?? '');
      expect(to?.params.get('unknownparam1')).toBe(`very${'long'.repeat(60)}value`);
      expect(to?.port).toBe(6000);
    } },
  },
  {
    section: '3.1.1.8', name: 'dblreq', about: 'extra octets after the message in a datagram',
    bytes: Buffer.concat([crlf(
      'REGISTER sip:example.com SIP/2.0', 'To: sip:j.user@example.com', 'From: sip:j.user@example.com;tag=43251j3j324',
      'Max-Forwards: 8', 'I: dblreq.0ha0isndaksdj99sdfafnl3lk233412', 'Contact: sip:j.user@host.example.com',
      'CSeq: 8 REGISTER', 'Via: SIP/2.0/UDP 192.0.2.125;branch=z9hG4bKkdjuw23492', 'Content-Length: 0', '', '',
    ), crlf(
      'INVITE sip:joe@example.com SIP/2.0', 't: sip:joe@example.com', 'From: sip:caller@example.net;tag=141334',
      'Max-Forwards: 8', 'Call-ID: dblreq.0ha0isnda977644900765@192.0.2.15', 'CSeq: 8 INVITE',
      'Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw380234', 'Content-Type: application/sdp', 'Content-Length: 150', '',
      ...sdpLines('192.0.2.15'),
    )]),
    verdict: { kind: 'request', status: 480, check: (request) => {
      expect([request.method, request.body.length]).toEqual(['REGISTER', 0]);
      expect(request.headers.getAll('Call-ID')).toEqual(['dblreq.0ha0isndaksdj99sdfafnl3lk233412']);
    } },
  },
  {
    section: '3.1.1.9', name: 'semiuri', about: 'semicolon-separated parameters in the user part',
    bytes: crlf(
      'OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0', 'To: sip:j_user@example.com',
      'From: sip:caller@example.org;tag=33242', 'Max-Forwards: 3', 'Call-ID: semiuri.0ha0isndaksdj', 'CSeq: 8 OPTIONS',
      'Accept: application/sdp, application/pkcs7-mime,', '        multipart/mixed, multipart/signed,',
      '        message/sip, message/sipfrag', 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw', 'l: 0', '',
    ),
    verdict: { kind: 'request', status: 480, check: ({ uri, headers }) => {
      expect(parseUri(uri)).toMatchObject({ user: 'user;par=u%40example.net', host: 'example.com', params: new Map() });
      expect(headers.list('Accept')).toHaveLength(6);
    } },
  },
  {
    section: '3.1.1.10', name: 'transports', about: 'varied and unknown transport types',
    bytes: crlf(
      'OPTIONS sip:user@example.com SIP/2.0', 'To: sip:user@example.com', 'From: <sip:caller@example.com>;tag=323',
      'Max-Forwards: 70', 'Call-ID:  transports.kijh4akdnaqjkwendsasfdj', 'Accept: application/sdp', 'CSeq: 60 OPTIONS',
      'Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw', 'Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf',
      'Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj',
      'Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en',
      'Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee', 'l: 0', '',
    ),
    verdict: { kind: 'request', status: 480, check: (request) => {
      expect(topVia(request)).toMatchObject({ transport: 'UDP', host: 't1.example.com' });
      expect(request.headers.list('Via').map((via) => /SIP\/2\.0\/(\S+)/.exec(via)?.[1]))
        .toEqual(['UDP', 'SCTP', 'TLS', 'UNKNOWN', 'TCP']);
    } },
  },
  {
    section: '3.1.1.11', name: 'mpart01', about: 'a multipart MIME message with binary parts',
    bytes: withBody([
      'MESSAGE sip:kumiko@example.org SIP/2.0',
      'Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-d87543-4dade06d0bdb11ee-1--d87543-;rport', 'Max-Forwards: 70',
      'Route: <sip:127.0.0.1:5080>',
      'Identity: r5mwreLuyDRYBi/0TiPwEsY3rEVsk/G2WxhgTV1PF7hHuLIK0YWVKZhKv9Mj8UeXqkMVbnVq37CD+813gvYjcBUaZngQmXc9WN'
        + 'ZSDNGCzA+fWl9MEUHWIZo1CeJebdY/XlgKeTa0Olvq0rt70Q5jiSfbqMJmQFteeivUhkMWYUA=',
      'Contact: <sip:fluffy@127.0.0.1:5070>', 'To: <sip:kumiko@example.org>',
      'From: <sip:fluffy@example.com>;tag=2fb0dcc9', 'Call-ID: 3d9485ad0c49859b@Zmx1ZmZ5LW1hYy0xNi5sb2NhbA..',
      'CSeq: 1 MESSAGE', 'Content-Transfer-Encoding: binary',
      'Content-Type: multipart/mixed;boundary=7a9cbec02ceef655', 'Date: Sat, 15 Oct 2005 04:44:56 GMT',
      'User-Agent: SIPimp.org/0.2.5 (curses)',
    ], mixed),
    verdict: { kind: 'request', status: 480, check: ({ headers, body }) => {
      expect(body.equals(mixed)).toBe(true);
      expect(body.indexOf(binary)).toBeGreaterThan(0);
      expect(headers.get('Content-Type')).toBe('multipart/mixed;boundary=7a9cbec02ceef655');
      expect(headers.get('Identity')).toMatch(/^r5mw.*YUA=$/);
    } },
  },
];

const phrase = utf8('\u043d\u043e \u0441\u0442\u043e \u0434\u0435\u0432\u044f\u043d\u043e\u0441\u0442\u043e '
  + '\u0434\u0435\u0432\u044f\u0442\u044c - \u043f\u0440\u043e\u0441\u0442\u043e\u0435');

/** RFC 4475 3.1.1: valid messages, responses. */
export const validResponses: readonly TortureCase[] = [
  {
    section: '3.1.1.12', name: 'unreason', about: 'an unusual reason phrase',
    bytes: withBody([
      `SIP/2.0 200 = 2**3 * 5**2 ${phrase}`, 'Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923',
      'Call-ID: unreason.1234ksdfak3j2erwedfsASdf', 'CSeq: 35 INVITE', 'From: sip:user@example.com;tag=11141343',
      'To: sip:user@example.edu;tag=2229', 'Content-Type: application/sdp', 'Contact: <sip:user@host198.example.com>',
    ], crlf(...sdpLines('192.0.2.198'))),
    verdict: { kind: 'response', check: ({ status, reason, body }) => {
      expect([status, Buffer.from(reason).toString('latin1')]).toEqual([200, `= 2**3 * 5**2 ${phrase}`]);
      expect(body.toString()).toContain('192.0.2.198');
    } },
  },
  {
    section: '3.1.1.13', name: 'noreason', about: 'an empty reason phrase',
    bytes: crlf(
      'SIP/2.0 100 ', 'Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe',
      'Call-ID: noreason.asndj203insdf99223ndf', 'CSeq: 35 INVITE', 'From: <sip:user@example.com>;tag=39ansfi3',
      'To: <sip:user@example.edu>;tag=902jndnke3', 'Content-Length: 0', 'Contact: <sip:user@host105.example.com>', '',
    ),
    verdict: { kind: 'response', check: ({ status, reason }) => expect([status, reason]).toEqual([100, '']) },
  },
];
