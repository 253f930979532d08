import type { MediaEndpoint } from './media-endpoint';

/** Two endpoints whose media face each other: what one hears, the other plays. */
export interface Link {
  readonly near: MediaEndpoint;
  readonly far: MediaEndpoint;
}

/** What joins an endpoint with the other one of its bridge, on another media server; a link is used by one. */
const links = new WeakMap<MediaEndpoint, Link>();

export const linkOf = (endpoint: MediaEndpoint): Link | undefined => links.get(endpoint);

/** The endpoint is joined by this link, or about to be: the link ends with its bridge, and with that of the far end. */
export function useLink(endpoint: MediaEndpoint, link: Link): void {
  links.set(endpoint, link);
  const end = (): void => void unlink(endpoint, link);
  for (const one of [endpoint, link.far]) {
    one.on('unbridged', end);
    one.on('gone', end);
  }
  const tell = (): void => endpoint.linked();
  for (const one of [link.near, link.far]) one.on('back', tell);
  tell();
}

/** Ends this link of the endpoint, or the one it has. */
export async function unlink(endpoint: MediaEndpoint, link = links.get(endpoint)): Promise<void> {
  if (links.get(endpoint) === link) links.delete(endpoint);
  await Promise.all([link?.near.release(), link?.far.release()]);
}
