export { type SipServer, type SipServerOptions, startSipServer } from './sip-server';
