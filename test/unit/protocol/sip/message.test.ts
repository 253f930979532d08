import {
  createCancel, createFailureAck, createResponse, parseMessage, requestFault, serialiseMessage, SipHeaders,
  type SipMessage, type SipRequest, sipLimits, toTagOf, topVia, withSource,
} from '../../../../src/protocol/sip';

function parsed(text: string | Buffer): SipMessage {
  const result = parseMessage(Buffer.from(text));
  if (!result.ok) throw new Error(result.reason);
  return result.message;
}

function reasonOf(text: string | Buffer): string {
  const result = parseMessage(Buffer.from(text));
  return result.ok ? 'ok' : result.reason;
}

const invite = [
  'INVITE sip:bob@10.0.0.2 SIP/2.0',
  'v: SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1;rport',
  'Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK0',
  'f: "Ann; \\"A\\"" <sip:ann@10.0.0.1;x=1>;tag=a1',
  't: sip:bob@10.0.0.2',
  'i: 77@10.0.0.1',
  'CSeq: 5 INVITE',
  'Subject: one',
  '\tand two',
  'X-Odd: 1',
  'x-odd: 2',
  'l: 4',
  '',
  'bodyTRAILING',
].join('\r\n');

describe('a SIP message', () => {
  it('is read with compact names, folded lines, repeated headers in order, and a body of Content-Length bytes', () => {
    const message = parsed(invite) as SipRequest;
    expect([message.kind, message.method, message.uri]).toEqual(['request', 'INVITE', 'sip:bob@10.0.0.2']);
    expect(message.headers.getAll('via')).toHaveLength(2);
    expect(message.headers.get('Subject')).toBe('one and two');
    expect(message.headers.getAll('X-ODD')).toEqual(['1', '2']);
    expect(message.headers.get('Call-ID')).toBe('77@10.0.0.1');
    expect(message.body.toString()).toBe('body');
    expect([...message.headers].map(({ name }) => name).slice(0, 4)).toEqual(['Via', 'Via', 'From', 'To']);
    expect(requestFault(message)).toBeUndefined();
  });

  it('keeps a body of any bytes and counts it in bytes', () => {
    const body = Buffer.from([0xff, 0x00, 0x0d, 0x0a, 0x0d, 0x0a, 0xc3, 0xa9]);
    const headers = new SipHeaders([['Via', 'SIP/2.0/UDP h;branch=z9hG4bKx'], ['Content-Length', '3'], ['Subject', 'é']]);
    const bytes = serialiseMessage({ kind: 'response', status: 200, reason: 'OK', headers, body });
    expect(bytes.toString('utf8')).toContain('Content-Length: 8\r\n');
    expect(bytes.toString('utf8').match(/Content-Length/g)).toHaveLength(1);
    const again = parsed(bytes);
    expect(again.body.equals(body)).toBe(true);
    expect(again.headers.get('subject')).toBe('é');
  });

  it('is read from bare LF, after empty lines, and without Content-Length up to the end', () => {
    const message = parsed('\r\n\r\nSIP/2.0 180\nVia : SIP/2.0/UDP h\n\nrest');
    expect(message).toMatchObject({ kind: 'response', status: 180, reason: '' });
    expect(message.headers.get('Via')).toBe('SIP/2.0/UDP h');
    expect(message.body.toString()).toBe('rest');
  });

  it.each([
    ['GET / HTTP/1.1\r\n\r\n', 'no start line'],
    ['INVITE sip:a SIP/3.0\r\n\r\n', 'SIP version 3.0'],
    ['INVITE sip:a b SIP/2.0\r\n\r\n', 'malformed request line'],
    ['SIP/2.0 99 Low\r\n\r\n', 'no start line'],
    ['IN<VITE sip:a SIP/2.0\r\n\r\n', 'method is no token'],
    ['INVITE sip:a SIP/2.0\r\nno colon here\r\n\r\n', 'malformed header line'],
    ['INVITE sip:a SIP/2.0\r\nBad Name: x\r\n\r\n', 'malformed header line'],
    ['INVITE sip:a SIP/2.0\r\nContent-Length: 5\r\n\r\nabc', 'body is shorter than Content-Length'],
    ['INVITE sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\nabc', 'Content-Length is no number'],
    ['', 'no start line'],
  ])('that is %j is refused', (text, reason) => {
    expect(reasonOf(text)).toContain(reason);
  });

  it('is refused when it is larger, or has more headers, than one message may', () => {
    const start = 'INVITE sip:a SIP/2.0\r\n';
    expect(reasonOf(start + 'X: y\r\n'.repeat(sipLimits.headerLines) + '\r\n')).toBe('ok');
    expect(reasonOf(start + 'X: y\r\n'.repeat(sipLimits.headerLines + 1) + '\r\n')).toContain('header lines');
    expect(reasonOf(`${start}\r\n${'x'.repeat(sipLimits.messageBytes)}`)).toContain('bytes');
  });

  it('cannot be given further headers through a value', () => {
    const headers = new SipHeaders().set('Subject', 'a\r\nRoute: <sip:evil>').append('X', 'b\nVia: c');
    const text = serialiseMessage({ kind: 'response', status: 200, reason: 'OK', headers, body: Buffer.alloc(0) }).toString();
    expect(text).not.toMatch(/^(Route|Via):/m);
  });

  it.each([
    ['Via', 'nonsense', 'Via'], ['Call-ID', undefined, 'Call-ID'], ['CSeq', '5 BYE', 'another method'],
    ['CSeq', '99999999999 INVITE', 'CSeq'], ['From', undefined, 'From'], ['To', '<>', 'To'],
  ])('without a usable %s (%s) is no request to act on', (name, value, reason) => {
    const message = parsed(invite) as SipRequest;
    if (value === undefined) message.headers.remove(name);
    else message.headers.set(name, value);
    expect(requestFault(message)?.reason).toContain(reason);
  });
});

describe('messages made from a request', () => {
  const request = parsed(invite) as SipRequest;

  it('are responses with its Vias, ids and a To tag above 100', () => {
    request.headers.set('Record-Route', '<sip:proxy;lr>');
    const trying = createResponse(request, 100, { toTag: 't' });
    expect(toTagOf(trying)).toBeUndefined();
    expect(trying.headers.has('Record-Route')).toBe(false);
    const ok = createResponse(request, 200, { toTag: 't', body: 'v=0', headers: { Contact: '<sip:me>' } });
    expect([ok.reason, toTagOf(ok), ok.headers.get('Record-Route')]).toEqual(['OK', 't', '<sip:proxy;lr>']);
    expect(ok.headers.getAll('Via')).toEqual(request.headers.getAll('Via'));
    expect(createResponse(request, 499).reason).toBe('Bad Request');
  });

  it('are ACK and CANCEL of the same transaction', () => {
    const response = createResponse(request, 486, { toTag: 'their' });
    const ack = createFailureAck(request, response);
    expect(ack.headers.get('CSeq')).toBe('5 ACK');
    expect(toTagOf(ack)).toBe('their');
    const cancel = createCancel(request, { Reason: 'SIP;cause=200' });
    expect(cancel.headers.get('CSeq')).toBe('5 CANCEL');
    for (const made of [ack, cancel]) {
      expect(made.headers.getAll('Via')).toEqual(request.headers.getAll('Via').slice(0, 1));
      expect(made.uri).toBe(request.uri);
    }
    expect(toTagOf(cancel)).toBeUndefined();
  });
});

describe('the Via of a received request', () => {
  it.each([
    ['SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1;rport', { host: '10.0.0.1', port: 7 }, '7', '10.0.0.1'],
    ['SIP/2.0/UDP host.example;branch=z9hG4bK1', { host: '10.0.0.1', port: 7 }, undefined, '10.0.0.1'],
    ['SIP / 2.0 / UDP  10.0.0.1 ; branch=z9hG4bK1', { host: '10.0.0.1', port: 7 }, undefined, undefined],
  ])('%s from %o tells rport %s and received %s', (text, source, rport, received) => {
    const message = parsed(`BYE sip:a SIP/2.0\r\nVia: ${text}\r\n\r\n`);
    const via = topVia(message);
    if (via === undefined) throw new Error('no via');
    const seen = withSource(via, source);
    expect([seen.params.get('rport'), seen.params.get('received')]).toEqual([rport, received]);
  });
});
