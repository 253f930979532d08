import { attribute, readAttributes } from '../attribute-table';
import { boolean, httpMethod, type HttpMethod, integer, listOf, matching, oneOf, optional, text, url } from '../attribute-types';
import { acceptableCallerId } from '../caller-id';
import { type ElementSpec } from '../element-spec';
import { type DialNoun, readDialNouns } from '../nouns/dial-nouns';
import { DIAL_RECORD, type DialRecord } from '../recording-attributes';
import { ringTone, type RingTone } from '../ring-tone';

export type RecordingEvent = 'in-progress' | 'completed' | 'absent';
export type RecordingTrack = 'both' | 'inbound' | 'outbound';

export interface DialAttributes {
  readonly action: string | undefined;
  readonly method: HttpMethod;
  /** Seconds to ring (or to wait at an empty queue). */
  readonly timeout: number;
  /** Seconds the bridge may last. */
  readonly timeLimit: number;
  readonly hangupOnStar: boolean;
  readonly callerId: string | undefined;
  /** Shown to the callee by carriers that do. */
  readonly callReason: string | undefined;
  readonly answerOnBridge: boolean;
  readonly ringTone: RingTone | undefined;
  readonly sequential: boolean;
  readonly record: DialRecord;
  readonly trim: 'do-not-trim' | 'trim-silence';
  readonly recordingTrack: RecordingTrack;
  readonly recordingStatusCallback: string | undefined;
  readonly recordingStatusCallbackMethod: HttpMethod;
  readonly recordingStatusCallbackEvent: readonly RecordingEvent[];
  /** Asked what the caller's program is when a dialled party transfers him by REFER. */
  readonly referUrl: string | undefined;
  readonly referMethod: HttpMethod;
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
    callReason: attribute(optional(matching('text of 1-50 characters', /^[^\p{Cc}]{1,50}$/u)), undefined),
    answerOnBridge: attribute(boolean, false, 13219),
    ringTone: attribute(optional(ringTone), undefined, 13220, { absentMeans: '`us`' }),
    sequential: attribute(boolean, false, 13218),
    record: attribute(DIAL_RECORD, 'do-not-record', 13217),
    trim: attribute(oneOf('do-not-trim', 'trim-silence'), 'do-not-trim'),
    recordingTrack: attribute(oneOf('both', 'inbound', 'outbound'), 'both'),
    recordingStatusCallback: attribute(optional(url), undefined, 11100),
    recordingStatusCallbackMethod: attribute(httpMethod, 'POST'),
    recordingStatusCallbackEvent: attribute(listOf('in-progress', 'completed', 'absent'), ['completed']),
    referUrl: attribute(optional(url), undefined, 11100),
    referMethod: attribute(httpMethod, 'POST'),
  },
  notYetAttributes: ['recordingConfigurationId', 'events', 'passports', 'ifMachine'],
  children: ['Number', 'Sip', 'Queue'],
  body: 'a number, when there is no noun',
  read(element, findings) {
    const { values } = readAttributes(element, dialSpec.attributes, dialSpec.notYetAttributes, findings);
    const nouns = readDialNouns(element, findings);
    return { name: 'Dial', ...values, callerId: acceptableCallerId(values.callerId, nouns, findings), nouns };
  },
};
