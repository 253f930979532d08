import { offerAudio } from '../protocol/sdp';

/**
 * What an endpoint is offered before its far end is known: both laws and digits at the discard port, nothing to be sent
 * there yet (RFC 3264 section 5.1). An endpoint made without any offer is dropped by FreeSWITCH at its first bridge
 * (contracts/freeswitch section 10), hence this one.
 */
export const TEMPLATE_SDP = offerAudio({
  address: '127.0.0.1',
  port: 9,
  origin: { username: 'holdfast', id: '1', version: 1 },
  codecs: ['PCMU', 'PCMA'],
});
