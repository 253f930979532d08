export { dropOneLineRecords } from './one-line-records';
export { createQueueEngine } from './queue-engine';
export { ENTRY_TABLE, type EntryInput, type EntryTransition, nextEntryState } from './queue-entry-state';
export { queueNameFault } from './queue-name-rules';
export type {
  AbandonOutcome,
  AdoptOutcome,
  ClaimChange,
  Claimed,
  ClaimGoneReason,
  ClaimOutcome,
  ClaimRequest,
  ClaimView,
  EndCause,
  EndOutcome,
  EntryChange,
  EntryRef,
  EntryState,
  JoinOutcome,
  JoinRequest,
  LegFacts,
  Meeting,
  QueueEngine,
  QueueEngineOptions,
  QueueFact,
  QueueLimits,
  QueueResult,
  QueueSummary,
  QueueView,
  Whisper,
} from './queue-types';
