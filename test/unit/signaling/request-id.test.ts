import { requestIdOf } from '../../../src/signaling/request-id';

const invite = (sipCallId: string, from: string, cseq: string): Parameters<typeof requestIdOf>[0] =>
  ({ sipCallId, from, header: (name: string) => (name === 'CSeq' ? cseq : undefined) });

describe('the id of a request', () => {
  it('a copy is one with the same Call-ID, From tag and CSeq, whatever else differs', () => {
    const one = requestIdOf(invite('a', '<sip:x@y>;tag=1', '1 INVITE'));
    expect(requestIdOf(invite('a', '"X" <sip:x@z>;tag=1', '1 INVITE'))).toBe(one);
    const others = [invite('b', '<sip:x@y>;tag=1', '1 INVITE'), invite('a', '<sip:x@y>;tag=2', '1 INVITE'), invite('a', '<sip:x@y>;tag=1', '2 INVITE')];
    expect(new Set([one, ...others.map(requestIdOf)]).size).toBe(4);
    // Parts do not run into each other.
    expect(requestIdOf(invite('a"', '<sip:x@y>', ''))).not.toBe(requestIdOf(invite('a', '<sip:x@y>;tag="', '')));
  });
});
