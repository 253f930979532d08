/** The part of drachtio-fsmrf 4 that we use: the package ships no declarations. */
declare module 'drachtio-fsmrf' {
  import type { Socket } from 'node:net';

  interface EndpointLike {
    readonly uuid: string;
    readonly local: { readonly sdp: string };
    readonly dialog: { readonly id: string; readonly socket: Socket };
    readonly conn: {
      readonly socket: { setNoDelay(on: boolean): void } | null;
      /** What FreeSWITCH told of the channel when it connected: some 10 kB, read once. */
      channelData: unknown;
      sendRecv(command: string): void;
      removeAllListeners(event?: string): void;
      on(event: string, listener: () => void): void;
    };
    removeAllListeners(): void;
    on(event: string, listener: () => void): void;
  }

  interface MediaServerLike {
    /** Where media servers connect to with the event socket of each endpoint. */
    readonly _server: { readonly server: { prependListener(event: 'connection', listener: (socket: Socket) => void): unknown } };
    readonly conn: { readonly socket: { setNoDelay(on: boolean): void } | null; reconnectOpts: { retryMaxDelay?: number } };
    createEndpoint(options: { remoteSdp: string; headers?: Record<string, string> }): Promise<EndpointLike>;
    disconnect(): void;
    on(event: 'end' | 'error', listener: (error?: unknown) => void): void;
  }

  class Mrf {
    constructor(srf: unknown);
    connect(options: { address: string; port: number; secret: string; listenAddress: string }): Promise<MediaServerLike>;
  }

  export default Mrf;
  export type { EndpointLike, MediaServerLike };
}
