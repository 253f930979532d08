import { type AudioDescription, answerAudio, answerDirection, commonCodec, offerAudio, parseAudioSdp, reverseDirection } from '../../../src/protocol/sdp';

const OFFER = [
  'v=0', 'o=alice 123456789012345678901 7 IN IP4 192.0.2.1', 's=call', 'c=IN IP4 192.0.2.1', 't=0 0',
  'm=video 5000 RTP/AVP 96', 'a=rtpmap:96 H264/90000',
  'm=audio 4000 RTP/AVP 18 8 0 96 13', 'c=IN IP4 192.0.2.9', 'a=rtpmap:8 pcma/8000/1', 'a=rtpmap:96 telephone-event/8000',
  'a=fmtp:96 0-16', 'a=ptime:30', 'a=sendonly', '',
].join('\r\n');

function audioOf(text: string): AudioDescription {
  const parsed = parseAudioSdp(text);
  if (parsed.outcome !== 'audio') throw new Error(parsed.outcome);
  return parsed.audio;
}

const local = {
  address: '127.0.0.1', port: 20_000, origin: { username: 'holdfast', id: '42', version: 3 }, codecs: ['PCMU', 'PCMA'] as const,
};

describe('SDP', () => {
  it('reads the facts of an offer with several streams', () => {
    expect(audioOf(OFFER)).toMatchObject({
      origin: { username: 'alice', id: '123456789012345678901', version: 7 },
      address: '192.0.2.9', port: 4000, direction: 'sendonly', ptimeMs: 30, mediaIndex: 1,
      codecs: [{ payloadType: 18, name: 'G729' }, { payloadType: 8, name: 'PCMA', clockRate: 8000 }, { payloadType: 0, name: 'PCMU' }],
      telephoneEvent: { payloadType: 96, fmtp: '0-16' },
    });
  });

  it('reads a single payload type, which sdp-transform gives as a number', () => {
    expect(audioOf('v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 1.2.3.4\r\nm=audio 4000 RTP/AVP 0\r\n').codecs).toHaveLength(1);
  });

  it('understands hold by the address 0.0.0.0', () => {
    expect(audioOf(OFFER.replace('192.0.2.9', '0.0.0.0').replace('sendonly', 'sendrecv')).direction).toBe('sendonly');
    expect(audioOf(OFFER.replace('192.0.2.9', '0.0.0.0').replace('sendonly', 'recvonly')).direction).toBe('inactive');
  });

  it('answers with the first common codec, the telephone-event type of the offer, and refuses the other streams', () => {
    const answer = answerAudio(audioOf(OFFER), local);
    expect(answer).toMatchObject({ outcome: 'answer', codec: 'PCMA', telephoneEventPayloadType: 96, direction: 'recvonly' });
    expect(answer.outcome === 'answer' && answer.sdp.split('\r\n')).toEqual([
      'v=0', 'o=holdfast 42 3 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0',
      'm=video 0 RTP/AVP 96',
      'm=audio 20000 RTP/AVP 8 96', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:96 telephone-event/8000', 'a=fmtp:96 0-16',
      'a=ptime:20', 'a=recvonly', '',
    ]);
  });

  it('says when there is no common codec, no audio, or no sense', () => {
    expect(answerAudio(audioOf(OFFER), { ...local, codecs: [] })).toEqual({ outcome: 'no-common-codec' });
    expect(parseAudioSdp(OFFER.replace('audio 4000', 'audio 0'))).toEqual({ outcome: 'no-audio' });
    expect(parseAudioSdp(OFFER.replace('m=audio 4000 RTP/AVP', 'm=audio 4000 RTP/SAVP'))).toEqual({ outcome: 'no-audio' });
    expect(parseAudioSdp('hello').outcome).toBe('invalid');
    expect(parseAudioSdp('v=0\r\no=broken\r\n').outcome).toBe('invalid');
  });

  it('reads its own offer back', () => {
    expect(audioOf(offerAudio({ ...local, direction: 'inactive' }))).toMatchObject({
      origin: local.origin, address: '127.0.0.1', port: 20_000, direction: 'inactive', ptimeMs: 20,
      codecs: [{ name: 'PCMU' }, { name: 'PCMA' }], telephoneEvent: { payloadType: 101 },
    });
  });

  it('offers G.722 with its static type and the clock of 8000, and takes it from an answer', () => {
    const offer = offerAudio({ ...local, codecs: ['PCMU', 'G722'] });
    expect(offer).toContain('RTP/AVP 0 9 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:9 G722/8000\r\n');
    const answer = audioOf(offerAudio({ ...local, codecs: ['G722'] }));
    expect(commonCodec(answer, ['PCMU', 'G722'])).toMatchObject({ law: 'G722', codec: { payloadType: 9 } });
  });

  it('answers in the order of the offer, or in its own when told so', () => {
    const offer = audioOf(offerAudio({ ...local, codecs: ['PCMA', 'PCMU'] }));
    expect(answerAudio(offer, { ...local, codecs: ['PCMU', 'PCMA'] })).toMatchObject({ codec: 'PCMA' });
    expect(answerAudio(offer, { ...local, codecs: ['PCMU', 'PCMA'], preference: 'ours' })).toMatchObject({ codec: 'PCMU' });
  });

  it('reads where RTCP goes (RFC 3605)', () => {
    expect(audioOf(OFFER).rtcpPort).toBeUndefined();
    expect(audioOf(offerAudio(local).replace('a=ptime', 'a=rtcp:53020\r\na=ptime')).rtcpPort).toBe(53_020);
  });

  it('turns directions round and never promises more than both sides want', () => {
    expect(['sendrecv', 'sendonly', 'recvonly', 'inactive'].map((d) => reverseDirection(d as 'inactive')))
      .toEqual(['sendrecv', 'recvonly', 'sendonly', 'inactive']);
    expect(answerDirection('sendonly')).toBe('recvonly');
    expect(answerDirection('recvonly', 'recvonly')).toBe('inactive');
    expect(answerDirection('sendrecv', 'sendonly')).toBe('sendonly');
  });
});
