const DIAL_OUT = 'journey/dial-out.test.ts';
const TONES = 'journey/dial-tones.test.ts';
const RECORDING = 'unit/interpreter/dial-recording.test.ts';
const DIGITS = 'unit/interpreter/collect-digits.test.ts';
const METHOD = 'unit/interpreter/attributes.test.ts: is asked by the method beside it, POST by default';
const WAIT_STATES = 'journey/wait-states.test.ts';
const LEG_STATUS = `${DIAL_OUT}: progress is told in order, with gapless numbers`;
const WHISPER = `${DIAL_OUT}: s leg may refuse the bridge`;
const REPEATED = 'unit/interpreter/wait-failures.test.ts: is requested a second before the end of a Play and of a Say, however often they are repeated';
const VOICE = 'unit/media/speech/speech.test.ts: %s in %s is %s (fell back: %s)';
const REFER = 'unit/interpreter/dial-transfer.test.ts: with %s the referUrl is asked by %s where he goes, in place of the action';
const CREDENTIALS = 'conformance/injection/sip-messages.test.ts: has the credentials of a Sip noun';
const CALLBACK = `${RECORDING}: tells its callback what it subscribed to, with the parameters of the contract`;

/** The test that proves each attribute which docs/verbs.md says yes of: `element attribute`. A test looks for every one. */
export const attributeEvidence: Readonly<Record<string, string>> = {
  'Say voice': VOICE,
  'Say language': VOICE,
  'Say loop': REPEATED,
  'Play loop': REPEATED,
  'Play digits': `${TONES}: digits that are played are over before the next verb`,
  'Pause length': 'unit/interpreter/wait-failures.test.ts: is requested ahead only before the end of the whole document',
  'Gather action': 'journey/first-document.test.ts: a keypad menu leads into the queue',
  'Gather method': METHOD,
  'Gather input': `${DIGITS}: ends with enough digits and ignores those pressed right behind`,
  'Gather finishOnKey': `${DIGITS}: ends with the finishing key, which is not among them`,
  'Gather numDigits': `${DIGITS}: ends with enough digits and ignores those pressed right behind`,
  'Gather timeout': `${DIGITS}: counts the silence from the end of the prompts, and anew from every digit`,
  'Gather actionOnEmptyResult': 'unit/interpreter/attributes.test.ts: asks its action when actionOnEmptyResult says so',
  'Gather bargeIn': `${DIGITS}: without bargeIn the prompt is heard to its end before the silence counts`,
  'Dial action': `${DIAL_OUT}: sequential: busy first, then the next one answers`,
  'Dial method': METHOD,
  'Dial timeout': 'journey/agents-and-callers.test.ts: an agent on an empty queue gives up after the timeout: no-answer',
  'Dial timeLimit': `${DIAL_OUT}: timeLimit: the conversation ends by itself`,
  'Dial hangupOnStar': `${DIAL_OUT}: hangupOnStar: the caller presses star and the program goes on`,
  'Dial callerId': `${DIAL_OUT}: a number outside goes through the trunk with the caller id asked for`,
  'Dial callReason': `${TONES}: the reason of the call reaches the callee`,
  'Dial answerOnBridge': `${DIAL_OUT}: answerOnBridge: the caller hears ringing and is answered when the callee is`,
  'Dial ringTone': `${TONES}: the ring-back tone of %s`,
  'Dial sequential': `${DIAL_OUT}: sequential: busy first, then the next one answers`,
  'Dial record': `${RECORDING}: with %s begins in its time, and the action is told of it`,
  'Dial trim': `${RECORDING}: has the channels, the track and the trim that were asked for`,
  'Dial recordingTrack': `${RECORDING}: has the channels, the track and the trim that were asked for`,
  'Dial recordingStatusCallback': CALLBACK,
  'Dial recordingStatusCallbackMethod': CALLBACK,
  'Dial recordingStatusCallbackEvent': CALLBACK,
  'Dial referUrl': 'journey/dial-refer.test.ts: the referUrl decides what happens to the caller; the callee is told and goes',
  'Dial referMethod': REFER,
  'Number url': WHISPER,
  'Number method': WHISPER,
  'Number sendDigits': `${TONES}: digits of a Number arrive at the callee before the two hear each other`,
  'Number statusCallback': LEG_STATUS,
  'Number statusCallbackEvent': LEG_STATUS,
  'Number statusCallbackMethod': LEG_STATUS,
  'Sip url': WHISPER,
  'Sip method': WHISPER,
  'Sip sendDigits': `${TONES}: digits of a Number arrive at the callee before the two hear each other`,
  'Sip statusCallback': LEG_STATUS,
  'Sip statusCallbackEvent': LEG_STATUS,
  'Sip statusCallbackMethod': LEG_STATUS,
  'Sip username': CREDENTIALS,
  'Sip password': CREDENTIALS,
  'Queue url': 'journey/agents-and-callers.test.ts: an agent who hangs up during the whisper gives the caller back to the same place',
  'Queue method': 'journey/agents-and-callers.test.ts: an agent who hangs up during the whisper gives the caller back to the same place',
  'Enqueue action': 'journey/leave-the-queue.test.ts: a key in the wait document leaves: the program goes on with the action',
  'Enqueue method': METHOD,
  'Enqueue waitUrl': 'journey/leave-the-queue.test.ts: a wait document that is audio is played over the music, again and again',
  'Enqueue waitUrlMethod': METHOD,
  'Enqueue maxQueueSize': 'journey/leave-the-queue.test.ts: a full queue refuses: result queue-full without a queue, and an alert',
  'Enqueue priority': 'journey/agents-and-callers.test.ts: a higher priority is taken first, then who came first',
  'Enqueue waitFallbackUrl': `${WAIT_STATES}: after two failures the fallback is run and told what failed`,
  'Enqueue waitFallbackMethod': METHOD,
  'Enqueue waitErrors': `${WAIT_STATES}: strict: a wait document that cannot be parsed ends the stay with result error`,
  'Enqueue addingUrl': `${WAIT_STATES}: the adding document refuses: result leave without a queue, and nobody was added`,
  'Enqueue addingMethod': `${WAIT_STATES}: the adding document changes the queue, and the rest of the outer Enqueue counts`,
  'Enqueue addedUrl': `${WAIT_STATES}: the added document is cut by a claim, before any wait document`,
  'Enqueue addedMethod': METHOD,
  'Redirect method': METHOD,
  'Reject reason': 'journey/first-document.test.ts: %s is answered %d: %s',
};
