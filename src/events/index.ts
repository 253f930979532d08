export { CallTimeline } from './call-timeline';
export { eventsReference } from './events-reference';
export { EventBus, type FactListener } from './event-bus';
export { type Fact, factDescriptions, type FactEnvelope, type FactPayloads, type FactType } from './fact';
