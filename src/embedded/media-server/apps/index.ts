import { deferred } from '../../../lib';
import type { Application } from '../channel/app-runner';
import type { Channel } from '../channel/channel';
import { causeOf } from '../channel/causes';
import { playAndGetDigits } from './collect-digits';
import { endlessPlayback, playback } from './playback';
import { pressDigits } from './press-digits';
import { record, recordSession, stopRecordSession } from './record';
import { multiset, set, unset } from './variables';

export { pressDigits } from './press-digits';
export { startRecording, stopRecording } from './record';
export { assign } from './variables';

type AppMaker = (channel: Channel) => Application;

const NOTHING = '_none_';

const answer: AppMaker = (channel) => async () => {
  channel.answer();
  return NOTHING;
};

const hangup: AppMaker = (channel) => async (run) => {
  channel.hangUp(run.argument === '' ? 'NORMAL_CLEARING' : causeOf(run.argument));
  return NOTHING;
};

/** Parks until a bridge, a transfer or the end; a break does not end it (switch_ivr_park does not look for one). */
const park: AppMaker = (channel) => async (run) => {
  const over = deferred<void>();
  run.onInterrupt((why) => {
    if (why === 'over') over.resolve();
  });
  channel.park(true);
  await over.promise;
  return NOTHING;
};

const sleep: AppMaker = (channel) => async (run) => {
  const over = deferred<void>();
  const timer = channel.around.clock.after(Number(run.argument) || 0, () => over.resolve());
  run.onInterrupt(() => over.resolve());
  await over.promise;
  timer.cancel();
  return NOTHING;
};

const sendDtmf: AppMaker = (channel) => async (run) => {
  pressDigits(channel, run.argument);
  return NOTHING;
};

/** `set_mute read|write true|false`. */
const setMute: AppMaker = (channel) => async (run) => {
  const [side = 'read', muted = 'true'] = run.argument.split(/\s+/);
  channel.around.engine.mute(channel.uuid, side === 'write' ? 'write' : 'read', muted === 'true');
  return NOTHING;
};

/** In-band detection: our digits come as RFC 4733 events only, so there is nothing to start. */
const startDtmf: AppMaker = () => async () => NOTHING;

const flushDtmf: AppMaker = (channel) => async () => {
  channel.takeDigits();
  return NOTHING;
};

/** Applications by name: those the gateway and drachtio-fsmrf execute. Others end the channel, as in FreeSWITCH. */
export const APPLICATIONS: ReadonlyMap<string, AppMaker> = new Map<string, AppMaker>([
  ['answer', answer],
  ['endless_playback', endlessPlayback],
  ['export', set],
  ['flush_dtmf', flushDtmf],
  ['hangup', hangup],
  ['multiset', multiset],
  ['park', park],
  ['play_and_get_digits', playAndGetDigits],
  ['playback', playback],
  ['record', record],
  ['record_session', recordSession],
  ['send_dtmf', sendDtmf],
  ['set', set],
  ['set_mute', setMute],
  ['sleep', sleep],
  ['start_dtmf', startDtmf],
  ['stop_record_session', stopRecordSession],
  ['unset', unset],
]);
