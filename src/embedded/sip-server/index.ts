export { type SipServer, type SipServerOptions, startSipServer } from './sip-server';
export { defaultSourceRate, type ParsedSources, SourceList, type SourceRate } from './sources';
