export { createLogger, type Logger, type LoggerOptions, type LogLevel, type LogMethod, silentLogger } from './logger';
export { type LabelsOf, Metrics, type MetricsOptions } from './metrics';
export { type MetricDefinition, type MetricName, METRICS, metricsReference } from './metrics-catalogue';
export {
  type DependencyCheck, type OperationsServer, type OperationsServerOptions, startOperationsServer,
} from './operations-server';
export { redactFacts, redactText } from './redact';
