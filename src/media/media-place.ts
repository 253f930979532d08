import { linkOf } from './linked';
import type { MediaEndpoint } from './media-endpoint';

/** Where the media of a call are, by which any gateway controls them. */
export interface MediaPlace {
  /** Of the channel. */
  readonly uuid: string;
  readonly serverName: string;
  /** drachtio's id of the dialog with the media server. */
  readonly dialogId: string;
  /** SDP of the media server's side. */
  readonly localSdp: string;
  /** The far end's SDP, by which it is taken to another media server when this one is lost. */
  readonly remoteSdp: string;
  /** What joins it with the other one of its bridge, on another media server. */
  readonly link?: { readonly near: MediaPlace; readonly far: MediaPlace };
}

export function placeOf(endpoint: MediaEndpoint): MediaPlace {
  const { uuid, serverName, dialogId, localSdp, remoteSdp } = endpoint;
  const link = linkOf(endpoint);
  return {
    uuid, serverName, dialogId, localSdp, remoteSdp,
    ...(link ? { link: { near: placeOf(link.near), far: placeOf(link.far) } } : {}),
  };
}
