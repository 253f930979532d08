export { MediaServer, startMediaServer } from './media-server';
export type { MediaServerOptions } from './options';
