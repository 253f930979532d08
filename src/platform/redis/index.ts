export { redisAddress, type RedisNode, type RedisPlace, redisPlace } from './redis-address';
export { type ChannelListener, RedisConnection, type RedisConnectionOptions } from './redis-connection';
export { RedisScripts, type ScriptArguments, type ScriptContract, type ScriptContracts, type ScriptReply } from './redis-scripts';
export { buildScript, type ScriptSource } from './script-source';
