import type { CallTimeline, EventBus } from './events';
import { countFacts } from './fact-metrics';
import type { Logger, Metrics } from './platform/telemetry';

/** Each fact is counted, written to its call's timeline, and logged. */
export function followFacts(events: EventBus, metrics: Metrics, timeline: CallTimeline, log: Logger): void {
  events.subscribe(countFacts(metrics));
  events.subscribe((fact) => {
    // It never was a call, and nobody knows its SID.
    if (fact.type === 'call.refused' && fact.direction === 'inbound') return;
    timeline.append(fact).catch((error: unknown) => log.warn({ err: error }, 'a fact was not written to the timeline'));
  });
  events.subscribe((fact) => {
    const { type, callSid, accountSid, at: _at, sequence: _sequence, ...facts } = fact;
    log.debug({ callSid, accountSid, ...facts }, type);
  });
}
