import type { Fact } from './events';
import type { Metrics } from './platform/telemetry';

/** Counts facts. The only place where facts become metrics. */
export function countFacts(metrics: Metrics): (fact: Fact) => void {
  return (fact) => {
    switch (fact.type) {
      case 'call.received':
      case 'leg.placed':
        metrics.addToGauge('holdfast_calls_active_calls', {}, 1);
        return;
      case 'call.refused':
        metrics.increment('holdfast_capacity_refused_total', { direction: fact.direction, reason: fact.reason });
        return;
      case 'call.taken-over':
        metrics.addToGauge('holdfast_calls_active_calls', {}, 1);
        metrics.increment('holdfast_calls_taken_over_total', {});
        return;
      case 'call.answered':
        metrics.observe('holdfast_calls_answer_seconds', {}, fact.answerMs / 1_000);
        return;
      case 'call.completed':
        metrics.addToGauge('holdfast_calls_active_calls', {}, -1);
        metrics.increment('holdfast_calls_ended_total', { result: fact.result, reason: fact.reason });
        metrics.observe('holdfast_calls_length_seconds', {}, fact.durationMs / 1_000);
        return;
      case 'media.lost':
        metrics.increment('holdfast_media_lost_total', {});
        return;
      case 'media.moved':
        metrics.observe('holdfast_media_gap_seconds', {}, fact.gapMs / 1_000);
        return;
      case 'document.fetched':
        metrics.increment('holdfast_webhooks_requests_total', { outcome: 'fetched' });
        metrics.observe('holdfast_webhooks_request_seconds', {}, fact.durationMs / 1_000);
        return;
      case 'document.failed':
        metrics.increment('holdfast_webhooks_requests_total', { outcome: 'failed' });
        return;
      case 'verb.ended':
        metrics.increment('holdfast_interpreter_verbs_total', { verb: fact.verb, outcome: fact.outcome });
        return;
      case 'queue-entry.joined':
        metrics.increment('holdfast_queueing_joined_total', {});
        return;
      case 'queue-entry.refused':
        metrics.increment('holdfast_queueing_refused_total', { reason: fact.reason === 'queue-full' ? 'full' : 'invalid' });
        return;
      case 'queue-entry.claimed':
        metrics.increment('holdfast_queueing_claims_total', {});
        return;
      case 'queue-entry.released':
        metrics.increment('holdfast_queueing_releases_total', {});
        return;
      case 'queue-entry.ended':
        metrics.increment('holdfast_queueing_ended_total', { result: fact.result });
        metrics.observe('holdfast_queueing_wait_seconds', { result: fact.result }, fact.queueTimeMs / 1_000);
        return;
      case 'wait-document.failed':
        metrics.increment('holdfast_queueing_wait_documents_failed_total', {});
        return;
      case 'legs.bridged':
        metrics.increment('holdfast_media_bridges_total', {});
        if (fact.claimToBridgeMs !== undefined) {
          metrics.observe('holdfast_media_claim_to_bridge_seconds', {}, fact.claimToBridgeMs / 1_000);
        }
        return;
      case 'legs.unbridged':
        metrics.observe('holdfast_media_bridge_length_seconds', {}, fact.durationMs / 1_000);
        return;
      case 'limit.reached':
        metrics.increment('holdfast_tenancy_limits_reached_total', { limit: fact.limit });
        return;
      case 'alert.raised':
        metrics.increment('holdfast_tenancy_alerts_total', { family: alertFamily(fact.code) });
        return;
      default:
    }
  };
}

/** The first two digits of an error code say what it is about (error dictionary of Twilio). */
export function alertFamily(code: number): string {
  const families: Readonly<Record<number, string>> = {
    10: 'limit', 11: 'webhook', 12: 'document', 13: 'verb', 14: 'queue', 15: 'call', 20: 'limit', 32: 'sip',
  };
  return families[Math.floor(code / 1_000)] ?? 'other';
}
