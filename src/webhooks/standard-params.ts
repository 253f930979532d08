import type { WebhookParams } from './webhook-params';

/** What a request says about the call it is made for. */
export interface CallFacts {
  readonly callSid: string;
  readonly accountSid: string;
  readonly from: string;
  readonly to: string;
  /** Twilio's CallStatus. */
  readonly status: string;
  readonly direction: string;
  readonly parentCallSid?: string | undefined;
  readonly callerName?: string | undefined;
  readonly forwardedFrom?: string | undefined;
  readonly sip?:
    | {
        readonly callId: string;
        readonly domain: string;
        readonly sourceAddress: string;
        readonly headers: Readonly<Record<string, string>>;
      }
    | undefined;
}

/** The standard parameters of contracts/twilio section 7.1, with their legacy mirrors. */
export function standardParams(call: CallFacts): WebhookParams {
  const optional = {
    ParentCallSid: call.parentCallSid,
    CallerName: call.callerName,
    ForwardedFrom: call.forwardedFrom,
    SipCallId: call.sip?.callId,
    SipDomain: call.sip?.domain,
    SipSourceIp: call.sip?.sourceAddress,
  };
  const params: Record<string, string> = {
    CallSid: call.callSid,
    AccountSid: call.accountSid,
    From: call.from,
    To: call.to,
    Caller: call.from,
    Called: call.to,
    CallStatus: call.status,
    ApiVersion: '2010-04-01',
    Direction: call.direction,
  };
  for (const [key, value] of Object.entries(optional)) if (value !== undefined) params[key] = value;
  for (const [name, value] of Object.entries(call.sip?.headers ?? {})) params[`SipHeader_${name}`] = value;
  return params;
}
