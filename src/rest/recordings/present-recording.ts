import type { RecordingRecord } from '../../media';
import { rfc2822 } from '../date-time';

/** Names and values of the Recording resource (contracts/twilio appendix A). */
export function presentRecording(recording: RecordingRecord) {
  const { sid, accountSid, callSid, durationMs, channels, source, track, startedAt } = recording;
  const date = rfc2822(startedAt);
  return {
    sid, account_sid: accountSid, call_sid: callSid, conference_sid: null, api_version: '2010-04-01', channels, source, track,
    status: 'completed', duration: String(Math.round(durationMs / 1_000)), start_time: date, date_created: date, date_updated: date,
    price: null, price_unit: null, error_code: null, encryption_details: null,
    uri: `/2010-04-01/Accounts/${accountSid}/Recordings/${sid}.json`,
  };
}
