import { type AlertCode } from '../../lib';
import { attribute, type AttributeTable } from '../attribute-table';
import {
  type CallProgressEvent, httpMethod, type HttpMethod, listOf, matching, optional, url,
} from '../attribute-types';

/** What Number and Sip have in common (contract 5.10, 5.11). */
export interface CalleeAttributes {
  /** Document run on the called leg after it answers, before the bridge. */
  readonly url: string | undefined;
  readonly method: HttpMethod;
  /** DTMF sent when answered: 0-9 * #, `w` half a second, `W` a second. */
  readonly sendDigits: string | undefined;
  readonly statusCallback: string | undefined;
  readonly statusCallbackEvent: readonly CallProgressEvent[];
  readonly statusCallbackMethod: HttpMethod;
}

export const calleeAttributes = (codes: { method: AlertCode; sendDigits: AlertCode }): AttributeTable<CalleeAttributes> => ({
  url: attribute(optional(url), undefined, 11100),
  method: attribute(httpMethod, 'POST', codes.method),
  sendDigits: attribute(optional(matching('digits 0-9 * # w W', /^[0-9*#wW]+$/)), undefined, codes.sendDigits),
  statusCallback: attribute(optional(url), undefined, 11100),
  statusCallbackEvent: attribute(listOf('initiated', 'ringing', 'answered', 'completed'), ['completed']),
  statusCallbackMethod: attribute(httpMethod, 'POST'),
});

/** Answering machine detection, which this gateway does not do. */
export const MACHINE_DETECTION_ATTRIBUTES = [
  'machineDetection', 'machineDetectionTimeout', 'machineDetectionSpeechThreshold',
  'machineDetectionSpeechEndThreshold', 'machineDetectionSilenceTimeout', 'amdStatusCallback', 'amdStatusCallbackMethod',
] as const;
