export { configReference } from './config-reference';
export { type ConfigProblem, describeProblems } from './config-problem';
export { demoSecretKey } from './demo-secret-key';
export { type Environment, processEnvironment } from './environment';
export { isKnownSecret } from './known-secrets';
export { configFilesFor, installDirectory, loadConfig, type LoadedConfig } from './load-config';
export { redactConfig } from './redact-config';
export type { Config } from './schema';
export { isAddressBlock, type TenancySeed } from './tenancy-seed';
