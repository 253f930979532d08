import { attribute, readAttributes } from '../attribute-table';
import { boolean, httpMethod, type HttpMethod, integer, optional, text, url } from '../attribute-types';
import { type ElementSpec } from '../element-spec';
import { type DialNoun, readDialNouns } from '../nouns/dial-nouns';

export interface DialAttributes {
  readonly action: string | undefined;
  readonly method: HttpMethod;
  /** Seconds to ring (or to wait at an empty queue). */
  readonly timeout: number;
  /** Seconds the bridge may last. */
  readonly timeLimit: number;
  readonly hangupOnStar: boolean;
  readonly callerId: string | undefined;
  readonly answerOnBridge: boolean;
  readonly sequential: boolean;
}

export interface DialVerb extends DialAttributes {
  readonly name: 'Dial';
  /** Numbers and SIP targets (at most 10), or exactly one queue; empty when nothing in the Dial can be dialled. */
  readonly nouns: readonly DialNoun[];
}

/** Contract 5.9. */
export const dialSpec: ElementSpec<DialVerb, DialAttributes> = {
  name: 'Dial',
  attributes: {
    action: attribute(optional(url), undefined, 11100),
    method: attribute(httpMethod, 'POST', 13210),
    timeout: attribute(integer(5, 600), 30, 13212),
    timeLimit: attribute(integer(1, 86_400), 14_400, 13216),
    hangupOnStar: attribute(boolean, false, 13213),
    callerId: attribute(optional(text), undefined, 13214, { absentMeans: "the caller's number" }),
    answerOnBridge: attribute(boolean, false, 13219),
    sequential: attribute(boolean, false, 13218),
  },
  notYetAttributes: [
    'callReason', 'ringTone', 'record', 'trim', 'recordingTrack', 'recordingStatusCallback',
    'recordingStatusCallbackMethod', 'recordingStatusCallbackEvent', 'recordingConfigurationId', 'referUrl', 'referMethod', 'events', 'passports',
  ],
  children: ['Number', 'Sip', 'Queue'],
  body: 'a number, when there is no noun',
  read(element, findings) {
    const { values } = readAttributes(element, dialSpec.attributes, dialSpec.notYetAttributes, findings);
    return { name: 'Dial', ...values, nouns: readDialNouns(element, findings) };
  },
};
