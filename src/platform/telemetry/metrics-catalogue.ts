import { LIMIT_NAMES } from '../config';

/** One metric. Labels list their closed set of values; anything else is counted under `other`. */
export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Upper bounds of histogram buckets, in the unit of the name. */
  readonly buckets?: readonly number[];
}

const SHORT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15] as const;
const WAIT_SECONDS = [1, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600] as const;
const CALL_SECONDS = [1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400] as const;

const VERBS = ['Say', 'Play', 'Pause', 'Gather', 'Dial', 'Enqueue', 'Leave', 'Redirect', 'Hangup', 'Reject'] as const;
const QUEUE_RESULTS = [
  'bridged', 'redirected', 'redirected-from-bridged', 'leave', 'hangup', 'error', 'queue-full', 'system-error',
] as const;
const TERMINATION_RESULTS = ['success', 'client-error', 'upstream-error', 'server-error'] as const;
const TERMINATION_REASONS = [
  'remote-hangup', 'local-hangup', 'caller-cancelled', 'rejected', 'busy', 'no-answer', 'refused', 'time-limit',
  'application-error', 'media-failed', 'media-timeout', 'media-refused', 'unknown-number', 'account-suspended', 'account-limit', 'no-capacity',
  'gateway-stopping', 'gateway-lost', 'internal-error',
] as const;
/** In the order of `src/capacity/admission-table.ts`; a test compares them. */
const ADMISSION_REASONS = [
  'stopping', 'over-capacity', 'gateway-rate', 'gateway-late', 'gateway-files', 'media-down', 'media-full', 'account-limit', 'account-rate', 'trunk-full',
] as const;
const EGRESS_REASONS = [
  'loopback', 'private', 'link-local', 'metadata', 'documentation', 'reserved', 'multicast', 'not-global', 'deny-list',
  'not-an-address', 'port',
] as const;

/**
 * Every metric of the gateway: `holdfast_<room>_<what>_<unit>`, counters end in `_total`.
 * Labels never hold account or call ids: their number of values must not grow with traffic.
 */
export const METRICS = {
  holdfast_signaling_invites_total: {
    kind: 'counter', help: 'INVITEs by what became of them.',
    labels: {
      outcome: [
        'accepted', 'challenged', 'unauthorized', 'unknown-source', 'unknown-number', 'suspended', 'merged', 'unacceptable', 'source-rate',
        'redis-down', 'failed', ...ADMISSION_REASONS,
      ],
    },
  },
  holdfast_signaling_targets_refused_total: {
    kind: 'counter', help: 'SIP targets of Dial that the egress guard refused, or that have no address.',
    labels: { reason: [...EGRESS_REASONS, 'unresolved'] },
  },
  holdfast_capacity_refused_total: {
    kind: 'counter', help: 'Calls that there was no room for, by the reason of docs/limits.md; INVITEs got 503, legs were not placed.',
    labels: { direction: ['inbound', 'outbound'], reason: ADMISSION_REASONS },
  },
  holdfast_calls_active_calls: { kind: 'gauge', help: 'Calls this gateway owns now.', labels: {} },
  holdfast_calls_ended_total: {
    kind: 'counter', help: 'Calls that ended, classified once.',
    labels: { result: TERMINATION_RESULTS, reason: TERMINATION_REASONS },
  },
  holdfast_calls_taken_over_total: {
    kind: 'counter', help: 'Calls and legs of a gateway that died which this gateway carries on with.', labels: {},
  },
  holdfast_calls_answer_seconds: {
    kind: 'histogram', help: 'From the INVITE to media on it.', labels: {}, buckets: SHORT_SECONDS,
  },
  holdfast_calls_length_seconds: {
    kind: 'histogram', help: 'Whole length of ended calls.', labels: {}, buckets: CALL_SECONDS,
  },
  holdfast_webhooks_requests_total: {
    kind: 'counter',
    help: 'Requests to customer applications for a document.',
    labels: { outcome: ['fetched', 'failed'] },
  },
  holdfast_webhooks_request_seconds: {
    kind: 'histogram', help: 'How long customer applications took to answer.', labels: {}, buckets: SHORT_SECONDS,
  },
  holdfast_webhooks_refused_total: {
    kind: 'counter', help: 'Targets of webhooks that the egress guard refused.', labels: { reason: EGRESS_REASONS },
  },
  holdfast_interpreter_verbs_total: {
    kind: 'counter', help: 'Verbs that ended, and what came next.',
    labels: { verb: VERBS, outcome: ['verb', 'document', 'leave', 'hangup', 'interrupted'] },
  },
  holdfast_queueing_joined_total: { kind: 'counter', help: 'Callers who began to wait.', labels: {} },
  holdfast_queueing_refused_total: {
    kind: 'counter', help: 'Callers who could not be queued.', labels: { reason: ['full', 'invalid'] },
  },
  holdfast_queueing_claims_total: { kind: 'counter', help: 'Callers taken by an agent.', labels: {} },
  holdfast_queueing_releases_total: {
    kind: 'counter', help: 'Claimed callers who went back to their place.', labels: {},
  },
  holdfast_queueing_ended_total: {
    kind: 'counter', help: 'Queue entries by their one QueueResult.', labels: { result: QUEUE_RESULTS },
  },
  holdfast_queueing_reasserted_total: {
    kind: 'counter', help: 'Callers and agents in queues whom Redis had lost and this gateway wrote back.', labels: {},
  },
  holdfast_platform_redis_available: { kind: 'gauge', help: '1 while Redis takes writes, else 0: new calls get 503.', labels: {} },
  holdfast_queueing_wait_seconds: {
    kind: 'histogram',
    help: 'Time in queue of ended entries.',
    labels: { result: QUEUE_RESULTS }, buckets: WAIT_SECONDS,
  },
  holdfast_queueing_wait_documents_failed_total: {
    kind: 'counter', help: 'Wait-state documents that could not be used; hold music went on.', labels: {},
  },
  holdfast_media_bridges_total: { kind: 'counter', help: 'Bridges made.', labels: {} },
  holdfast_media_claim_to_bridge_seconds: {
    kind: 'histogram', help: 'From the claim to the bridge, whisper included.', labels: {}, buckets: SHORT_SECONDS,
  },
  holdfast_media_bridge_length_seconds: {
    kind: 'histogram', help: 'How long bridges lasted.', labels: {}, buckets: CALL_SECONDS,
  },
  holdfast_media_lost_total: {
    kind: 'counter', help: 'Calls whose media server was lost while they had media on it.', labels: {},
  },
  holdfast_media_gap_seconds: {
    kind: 'histogram', help: 'How long such calls were without media until they had others; those that got none are missing.', labels: {},
    buckets: SHORT_SECONDS,
  },
  holdfast_media_layers_failed_total: {
    kind: 'counter', help: 'Endless sounds, such as hold music, that a media server could not play; callers hear the hold tone.', labels: {},
  },
  holdfast_media_speech_total: {
    kind: 'counter', help: 'Texts to speak, and where the audio came from.',
    labels: { outcome: ['cached', 'synthesized', 'failed'] },
  },
  holdfast_media_speech_seconds: {
    kind: 'histogram',
    help: 'Time to make one piece of speech, cached ones left out.',
    labels: {}, buckets: SHORT_SECONDS,
  },
  holdfast_tenancy_alerts_total: {
    kind: 'counter', help: 'Errors and warnings that accounts were told of.',
    labels: { family: ['webhook', 'document', 'verb', 'queue', 'limit', 'call', 'sip'] },
  },
  holdfast_tenancy_limits_reached_total: {
    kind: 'counter', help: 'What was refused, or was not done, because an account came to one of its limits.',
    labels: { limit: LIMIT_NAMES },
  },
  holdfast_relay_gateways: { kind: 'gauge', help: 'Gateways connected to this relay.', labels: {} },
  holdfast_relay_dialogs: {
    kind: 'gauge', help: 'Dialogs held by this relay; those of nobody wait for an adopter.', labels: { owner: ['gateway', 'nobody'] },
  },
  holdfast_relay_waiting_requests: { kind: 'gauge', help: 'Requests of far ends that wait for a gateway or an adopter.', labels: {} },
  holdfast_relay_frames_total: {
    kind: 'counter', help: 'Messages that went through.', labels: { from: ['gateway', 'drachtio'] },
  },
  holdfast_relay_gateway_losses_total: {
    kind: 'counter', help: 'Gateways that are gone, and how it was noticed.',
    labels: { reason: ['closed', 'silent', 'slow', 'broken', 'replaced', 'relay'] },
  },
  holdfast_relay_replays_total: { kind: 'counter', help: 'New requests given to another gateway.', labels: {} },
  holdfast_relay_adoptions_total: {
    kind: 'counter', help: 'Dialogs that a gateway wanted to take over.', labels: { outcome: ['adopted', 'stale', 'unknown'] },
  },
  holdfast_relay_fenced_total: { kind: 'counter', help: 'Messages refused because their dialog has another owner.', labels: {} },
  holdfast_relay_requests_given_up_total: {
    kind: 'counter', help: 'Requests that no gateway answered in time, by the status the relay gave.',
    labels: { status: ['200', '491', '500', '503'] },
  },
  holdfast_relay_legs_abandoned_total: { kind: 'counter', help: 'Ringing legs of dead gateways that nobody adopted.', labels: {} },
  holdfast_rest_requests_total: {
    kind: 'counter', help: 'Requests to the REST API by the status of the answer.',
    labels: { status: ['200', '400', '401', '403', '404', '405', '429', '500', '503'] },
  },
  holdfast_platform_dependency_up: {
    kind: 'gauge', help: '1 when the dependency answered its last health check.',
    labels: { dependency: ['redis', 'drachtio', 'freeswitch'] },
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof METRICS;

/** `docs/metrics.md`, generated from the catalogue; a test compares the two. */
export function metricsReference(): string {
  const rows = Object.entries<MetricDefinition>(METRICS).map(([name, { kind, help, labels, buckets }]) => {
    const sets = Object.entries(labels).map(([label, values]) => `\`${label}\`: ${values.join(', ')}`).join('; ');
    const what = buckets === undefined ? help : `${help} Buckets: ${buckets.join(', ')}.`;
    return `| \`${name}\` | ${kind} | ${what} | ${sets} |`;
  });
  return [
    '# Metrics', '',
    'Generated from `src/platform/telemetry/metrics-catalogue.ts` by `make docs`; do not edit by hand.', '',
    'Served as Prometheus text on `/metrics` of the HTTP port, beside `process_*` and `nodejs_*` of the runtime.',
    'Labels come from closed sets (a value outside its set counts as `other`) and never hold account or call ids.', '',
    '| metric | kind | what | labels |', '|---|---|---|---|', ...rows, '',
  ].join('\n');
}
