import {
  drachtioDialogId, encodeFrame, FrameDecoder, newRequestLine, parseClientMessage, replyLine, requestSentLine,
  responseSentLine, sipLine, traceTime, withSipMessage,
} from '../../../../src/protocol/drachtio';

describe('frames', () => {
  it('count bytes, not characters, and are found whatever way the stream is cut', () => {
    const payloads = ['a', 'é'.repeat(3_000), '', 'x|y\r\nz#3'];
    const stream = Buffer.concat(payloads.map((payload) => encodeFrame(payload)));
    expect(encodeFrame('é').toString('latin1').startsWith('2#')).toBe(true);
    for (const size of [1, 2, 3, 7, 1_000, stream.length]) {
      const decoder = new FrameDecoder();
      const found: string[] = [];
      for (let at = 0; at < stream.length; at += size) {
        const decoded = decoder.push(stream.subarray(at, at + size));
        if (!decoded.ok) throw new Error(decoded.reason);
        found.push(...decoded.payloads.map(String));
      }
      expect(found).toEqual(payloads);
    }
  });

  it.each(['x#abc', '#abc', '123456#', '12a#', '1234567'])('with the prefix of %j are refused', (text) => {
    expect(new FrameDecoder().push(Buffer.from(text)).ok).toBe(false);
  });
});

describe('what applications send', () => {
  it.each([
    ['1|authenticate|s3cret|a,b', { kind: 'authenticate', id: '1', secret: 's3cret', tags: ['a', 'b'] }],
    ['1|authenticate||', { kind: 'authenticate', id: '1', secret: '', tags: [] }],
    ['1|route|INVITE', { kind: 'route', id: '1', verb: 'invite' }],
    ['1|remove_route|invite', { kind: 'remove-route', id: '1', verb: 'invite' }],
    ['1|ping', { kind: 'ping', id: '1' }],
    ['1|dance|now', { kind: 'unknown', id: '1', command: 'dance', tokens: ['now'] }],
  ])('%j is understood', (text, message) => {
    expect(parseClientMessage(Buffer.from(text))).toEqual(message);
  });

  it('is SIP by transaction, by dialog, or new with a next hop', () => {
    const read = (line: string) => parseClientMessage(Buffer.from(`1|sip|${line}\r\nBYE x SIP/2.0\r\n\r\né|`));
    const message = Buffer.from('BYE x SIP/2.0\r\n\r\né|');
    const base = { kind: 'sip', id: '1', transactionId: undefined, dialogId: undefined, proxy: undefined, message };
    expect(read('t|')).toEqual({ ...base, transactionId: 't' });
    expect(read('|d;from-tag=x')).toEqual({ ...base, dialogId: 'd;from-tag=x' });
    expect(read('||sip:10.0.0.1')).toEqual({ ...base, proxy: 'sip:10.0.0.1' });
    expect(parseClientMessage(Buffer.from('nothing'))).toBeUndefined();
  });
});

describe('what applications read', () => {
  const trace = { bytes: 10, protocol: 'udp', address: '10.0.0.1', port: 5060, at: Date.UTC(2026, 0, 2, 3, 4, 5, 67) } as const;
  const common = '10|udp|10.0.0.1|5060|03:04:05.067000';

  it('has its tokens where drachtio-srf looks for them', () => {
    expect(traceTime(trace.at)).toBe('03:04:05.067000');
    expect(replyLine('u', '7', 'NOK', 'why')).toBe('u|response|7|NOK|why');
    expect(requestSentLine('u', '7', trace, 't')).toBe(`u|response|7|OK|application|${common}|t|Msg sent:|`);
    const sent = responseSentLine('u', '7', trace, 't', 'd');
    expect(sent).toBe(`u|response|7|OK|application|${common}|t|d||Msg sent:|`);
    const fresh = newRequestLine('u', trace, 't', { host: '10.0.0.9', port: 5070 });
    expect(fresh).toBe(`u|sip|network|${common}|t||10.0.0.9|5070|`);
    expect(fresh.split('|')).toHaveLength(13);
    expect(sipLine('u', 'application', trace, 'unsolicited', 'd')).toBe(`u|sip|application|${common}|unsolicited|d|`);
    expect(withSipMessage('line', Buffer.from('é')).toString()).toBe('line\r\né');
    expect(drachtioDialogId('c', 't')).toBe('c;from-tag=t');
  });
});
