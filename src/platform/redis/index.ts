export { redisAddress, type RedisNode, type RedisPlace, redisPlace } from './redis-address';
export { type ChannelListener, RedisConnection, type RedisConnectionOptions } from './redis-connection';
export { RedisProbe } from './redis-probe';
export { type KeySchema, RedisSchema, type SchemaMigration } from './redis-schema';
export { RedisScripts, type ScriptArguments, type ScriptContract, type ScriptContracts, type ScriptReply } from './redis-scripts';
export { isRedisUnavailable } from './redis-unavailable';
export { buildScript, type ScriptSource } from './script-source';
