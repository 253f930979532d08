import { parseNameAddr, parseUri, type SipRequest } from '../../../protocol/sip';
import { rateOf } from '../channel/channel-headers';
import type { Negotiated } from './media-negotiation';

/** Caller and destination of an INVITE as the channel shows them. */
export interface CallParties {
  readonly callerName: string;
  readonly callerNumber: string;
  readonly destination: string;
}

const userOf = (uri: string | undefined): string => (uri === undefined ? '' : (parseUri(uri)?.user ?? ''));

export function partiesOf(invite: SipRequest): CallParties {
  const from = parseNameAddr(invite.headers.get('From') ?? '');
  const callerNumber = userOf(from?.uri);
  return { callerName: from?.displayName ?? callerNumber, callerNumber, destination: userOf(invite.uri) };
}

/** Channel variables that mod_sofia makes of an INVITE; extension headers become `sip_h_<name>`. */
export function inviteVariables(
  invite: SipRequest, uuid: string, source: { readonly host: string; readonly port: number },
): Record<string, string> {
  const { headers } = invite;
  const parties = partiesOf(invite);
  const variables: Record<string, string> = {
    uuid,
    direction: 'inbound',
    sip_call_id: headers.get('Call-ID') ?? '',
    sip_from_user: parties.callerNumber,
    sip_from_uri: (parseNameAddr(headers.get('From') ?? '')?.uri ?? '').replace(/^sips?:/, ''),
    sip_to_uri: (parseNameAddr(headers.get('To') ?? '')?.uri ?? '').replace(/^sips?:/, ''),
    sip_req_uri: invite.uri.replace(/^sips?:/, ''),
    sip_req_user: parties.destination,
    sip_network_ip: source.host,
    sip_network_port: String(source.port),
    sip_user_agent: headers.get('User-Agent') ?? '',
  };
  for (const { name, value } of headers) if (/^X-/i.test(name)) variables[`sip_h_${name}`] = value;
  return variables;
}

/** What drachtio-fsmrf reads of an endpoint's media (contract page section 2, point 5). */
export function mediaVariables(
  { plan, localSdp, remoteSdp }: Negotiated, local: { readonly address: string; readonly port: number },
): Record<string, string> {
  return {
    rtp_local_sdp_str: localSdp,
    local_media_ip: local.address,
    local_media_port: String(local.port),
    switch_r_sdp: remoteSdp,
    remote_media_ip: plan.remoteAddress,
    remote_media_port: String(plan.remotePort),
    rtp_use_codec_name: plan.codec,
    rtp_use_pt: String(plan.payloadType),
    read_codec: plan.codec,
    read_rate: rateOf(plan.codec),
    write_codec: plan.codec,
    write_rate: rateOf(plan.codec),
    dtmf_type: plan.telephoneEvent === undefined ? 'info' : 'rfc2833',
  };
}

/** What the dialplan of the media servers sets before it hands the call to its controller (contract page section 2). */
export const DIALPLAN_VARIABLES: Readonly<Record<string, string>> = Object.freeze({
  send_silence_when_idle: '-1',
  hangup_after_bridge: 'false',
  park_after_bridge: 'true',
  playback_terminators: 'none',
  rtp_rewrite_timestamps: 'true',
});
