/** One line for people: what happened, and what to do about it. */
export interface ErrorMeaning {
  readonly means: string;
  readonly todo: string;
}

const OURS = 'a bug of ours: report it with the log';

/**
 * Every code a GatewayError can have: the room that throws it (or the file, for those directly in src/), then what
 * happened. `docs/errors.md` is written from here; an unknown code does not compile, an unused one fails a test.
 */
export const errorCodes = {
  'calls-caller-gone': { means: 'the call ended while it was answered', todo: 'nothing' },
  'dialogs-answer-not-sent': {
    means: 'the 200 of an incoming call could not be sent',
    todo: 'the caller may have gone; else look at drachtio-server',
  },
  'dialogs-caller-gone': { means: 'the caller cancelled before the answer', todo: 'nothing' },
  'dialogs-drachtio-refused': {
    means: 'drachtio-server refused this gateway', todo: 'compare DRACHTIO_SECRET on both sides',
  },
  'dialogs-drachtio-unreachable': {
    means: 'no drachtio-server answers', todo: 'start it, or mend DRACHTIO_HOST and DRACHTIO_PORT',
  },
  'dialogs-message-too-large': {
    means: 'an INVITE would be longer than drachtio-server reads', todo: 'send fewer or shorter custom headers',
  },
  'dialogs-request-not-sent': { means: 'a request inside a dialog could not be sent', todo: 'look at drachtio-server' },
  'embedded-admin-bind-failed': {
    means: 'the embedded SIP server cannot listen for applications', todo: 'free the port, or set DRACHTIO_PORT',
  },
  'embedded-answer-changed': { means: 'the same SDP offer was answered differently', todo: OURS },
  'embedded-clip-library-stopped': { means: 'a sound was asked for while the media server stops', todo: 'nothing' },
  'embedded-event-socket-bind-failed': {
    means: 'the embedded media server cannot listen on its event socket',
    todo: 'free the port, or set HOLDFAST_ESL_PORT',
  },
  'embedded-local-stream-unusable': {
    means: 'the directory of a hold stream is empty, or a file in it is no audio', todo: 'put WAV files there',
  },
  'embedded-media-not-started': { means: 'the media server was used before its start', todo: OURS },
  'embedded-not-a-worker': {
    means: 'the file of a worker thread was run by itself', todo: 'run the program it belongs to',
  },
  'embedded-sound-invalid': {
    means: 'a sound file is no WAV that can be decoded', todo: 'convert it, for example with sox',
  },
  'firewall-config-invalid': {
    means: '`make firewall` found a configuration that cannot be used',
    todo: 'mend the keys that the message names; config.md lists all',
  },
  'gateway-dependency-down': {
    means: 'Redis, SIP or every media server is down: the gateway is not ready',
    todo: 'the message says which: start it',
  },
  'takeover-dialog-lost': {
    means: 'a call of a gateway that died could not be taken over: its dialog belongs to another one, or the relay went away',
    todo: 'it is tried again; when it happens often, look at the relay',
  },
  'local-bad-demo-port': { means: 'HOLDFAST_DEMO_PORT is no port', todo: 'set a whole number from 1 to 65535' },
  'local-bad-gateways': { means: 'GATEWAYS is no count of gateways', todo: 'set a whole number from 1 to 16' },
  'local-bad-relay': { means: 'HOLDFAST_RELAY is neither on nor off', todo: 'leave it out, or set one of them' },
  'local-config-invalid': {
    means: 'the configuration has problems', todo: 'mend what the message lists, see config.md',
  },
  'local-no-address': { means: 'this machine has no address to tell callers', todo: 'set HOLDFAST_EXTERNAL_IP' },
  'local-redis-server-missing': {
    means: 'redis-server cannot be run', todo: 'install it, or name a running one by REDIS_URL',
  },
  'media-command-refused': { means: 'a media server refused to run an application', todo: 'the message has its reply' },
  'media-disconnected': { means: 'the event socket to a media server was lost', todo: 'look at that media server' },
  'media-server-too-old': {
    means: 'a media server is older than FreeSWITCH 1.11.3', todo: 'upgrade it, or set HOLDFAST_OLD_FREESWITCH_REASON',
  },
  'media-full': {
    means: 'no media server has a channel or an RTP port left', todo: 'another media server, or more sessions and RTP ports (docs/limits.md)',
  },
  'media-down': { means: 'no media server is up', todo: 'look at FREESWITCH_SERVERS and at the media servers' },
  'media-refused': { means: 'a media server refused the media of a call', todo: 'compare the codecs of both sides' },
  'media-refused-secret': {
    means: 'a media server refused the secret', todo: 'compare FREESWITCH_SERVERS with its event_socket.conf.xml',
  },
  'media-speech-failed': { means: 'the text-to-speech engine failed', todo: 'the message says why' },
  'media-speech-text-empty': { means: 'there is no text to speak', todo: 'mend the document that says it' },
  'media-speech-text-too-long': { means: 'the text to speak is too long', todo: 'split it over several Say' },
  'media-speech-timeout': { means: 'speech was not ready in time', todo: 'shorter texts, or a less busy machine' },
  'media-timeout': { means: 'a media server made no endpoint in time', todo: 'look at its load and at its SIP port' },
  'media-unreachable': {
    means: 'no media server answers at that address', todo: 'start it, or mend FREESWITCH_SERVERS',
  },
  'phone-bad-call-request': {
    means: '`make call` was asked for something it cannot do', todo: 'the message says what',
  },
  'phone-call-not-answered': { means: 'the call ended or time ran out before the answer', todo: 'look at the status' },
  'phone-call-not-ended': { means: 'the ending of a call was read before it ended', todo: OURS },
  'phone-digits-not-received': { means: 'the keys waited for did not come', todo: 'look at what was received' },
  'phone-no-incoming-call': { means: 'nobody called in time', todo: 'look at the caller' },
  'phone-no-telephone-event': {
    means: 'keys cannot be sent: the far end does not take telephone-event', todo: 'offer RFC 4733 events there',
  },
  'phone-not-a-key': { means: 'DIGITS holds something that is no key', todo: 'use 0-9, *, #, A-D, w' },
  'phone-rtp-port-unavailable': { means: 'no UDP port for RTP can be opened', todo: 'look at the address given' },
  'phone-sdp-unusable': { means: 'the SDP of the far end has no audio we can send', todo: 'let it offer PCMU or PCMA' },
  'phone-tone-not-heard': { means: 'the tone waited for did not come', todo: 'look at what was heard' },
  'phone-unreachable': {
    means: 'the host to call cannot be reached', todo: 'look at HOLDFAST_SIP_HOST and the network',
  },
  'phone-wav-unreadable': { means: 'a WAV file cannot be read', todo: 'give a PCM or G.711 WAV file' },
  'platform-no-external-address': { means: 'the address that callers are to be told could not be found', todo: 'set HOLDFAST_EXTERNAL_IP' },
  'platform-http-listen-failed': {
    means: 'the port for health and metrics is taken', todo: 'free it, or set HOLDFAST_HTTP_PORT',
  },
  'platform-redis-bad-reply': { means: 'a script in Redis replied something unknown', todo: OURS },
  'platform-redis-bad-script': { means: 'a script for Redis and its caller do not fit together', todo: OURS },
  'platform-redis-bad-url': { means: 'REDIS_URL is unusable', todo: 'use redis://host:port or unix:///path.sock' },
  'platform-redis-connection': { means: 'the connection to Redis was lost; it reconnects', todo: 'look at Redis' },
  'platform-redis-newer-schema': {
    means: 'Redis was written by a newer version, and says that this one cannot read it',
    todo: 'start that version or a later one, or restore a backup from before the upgrade (docs/operations.md)',
  },
  'platform-redis-script-failed': {
    means: 'Redis could not run a script', todo: 'look at Redis; the message has its reply',
  },
  'platform-redis-unreachable': { means: 'Redis does not answer at the start', todo: 'start it, or mend REDIS_URL' },
  'protocol-esl-frame-too-large': {
    means: 'an event-socket frame is too large to be one', todo: 'look at what speaks on that port',
  },
  'queueing-agent-busy': {
    means: 'the agent call claims or waits in another queue', todo: 'one Dial of a queue at a time',
  },
  'queueing-background': { means: 'the lease or the housekeeping of queues failed once', todo: 'look at Redis' },
  'queueing-corrupt-record': { means: 'a queue record in Redis is not in our form', todo: 'look for a foreign writer' },
  'queueing-foreign-gateway': { means: 'a gateway answered for a call of another one', todo: OURS },
  'queueing-listener': { means: 'a listener of queue facts threw', todo: OURS },
  'queueing-moving': { means: 'a queue changed too often while it was read', todo: 'try again' },
  'queueing-recovery': { means: 'what Redis had lost of queues was not all written back; it is tried again', todo: 'look at Redis' },
  'queueing-stale-epoch': {
    means: 'a later attempt of the same agent call exists', todo: 'nothing: the later one goes on',
  },
  'queueing-unavailable': { means: 'Redis did not let a gateway into an account', todo: 'look at Redis' },
  'queueing-watch': { means: 'watching a queue failed once', todo: 'look at Redis' },
  'relay-bind-failed': { means: 'the relay cannot listen for gateways', todo: 'free the port, or set HOLDFAST_RELAY_PORT' },
  'signaling-caller-gone': { means: 'the caller went away before the answer', todo: 'nothing' },
  'signaling-offer-open': { means: 'a far end that rings made an offer before it answered ours', todo: 'nothing: it gets 491 and tries again' },
  'signaling-media-lost': {
    means: 'the media server of a call was lost and no other one was found', todo: 'look at the media servers; see docs/guarantees.md',
  },
  'signaling-media-sdp': {
    means: 'a media server described no audio', todo: 'compare its codecs with freeswitch-conf/',
  },
  'sip-stack-bind-failed': { means: 'the SIP port cannot be opened', todo: 'free it, or set HOLDFAST_SIP_PORT' },
  'sip-stack-no-dialog': { means: 'a request for a call that is not answered yet, or over', todo: OURS },
  'sip-stack-stopped': {
    means: 'the SIP stack was used before its start or after its stop', todo: 'nothing when stopping',
  },
  'sip-stack-unresolved-target': { means: 'a SIP target is no IP address', todo: 'use an IP address over UDP' },
  'supervisor-child-ended': { means: 'a program of `make run` ended at its start', todo: 'its last lines say why' },
  'supervisor-child-not-ready': {
    means: 'a program of `make run` was not ready in time', todo: 'its last lines say why',
  },
  'supervisor-data-directory-in-use': {
    means: 'another `make run` uses this data directory', todo: 'stop it, or set HOLDFAST_DATA_DIR',
  },
  'supervisor-port-unavailable': {
    means: 'a port that `make run` needs is taken', todo: 'the message says which to set',
  },
  'tenancy-broken-token': {
    means: 'an account token in Redis is in a form this version does not know',
    todo: 'a newer version wrote it: use that',
  },
  'tenancy-wrong-secret-key': {
    means: 'tokens in Redis were sealed with another key', todo: 'set the former HOLDFAST_SECRET_KEY',
  },
} as const satisfies Readonly<Record<string, ErrorMeaning>>;

export type ErrorCode = keyof typeof errorCodes;
