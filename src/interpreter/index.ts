export type { Account, OutboundTarget } from './account';
export type { DocumentTarget } from './outcome';
export type {
  Alert, AudioOutcome, AudioSource, Dialer, InterpreterPorts, PlacedLeg, PlacedLegOutcome, SpeechSource,
} from './ports';
export { RunawayGuard } from './runaway-guard';
export { type Program, runProgram } from './run-program';
export { type StatusEvent, StatusReporter } from './status-reporter';
