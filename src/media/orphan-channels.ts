import type { EventSocket } from './event-socket';

/** Of the INVITE that makes a channel: the gateway that controls it, which a channel keeps as a variable. */
export const OWNER_HEADER = 'X-Holdfast-Gateway';
/** mod_sofia's name for it; whoever takes a channel over writes itself there. */
export const OWNER_VARIABLE = `sip_h_${OWNER_HEADER}`;

/**
 * Ends the channels of a media server that a dead gateway controlled and that nobody took over: those it was about to give a
 * caller, and the links of its bridges. Returns how many.
 */
export async function endOrphans(socket: EventSocket, deadGatewayId: string, isOurs: (uuid: string) => boolean): Promise<number> {
  const { rows = [] } = JSON.parse(await socket.api('show channels as json')) as { rows?: readonly { readonly uuid: string }[] };
  let ended = 0;
  for (const { uuid } of rows) {
    if (isOurs(uuid)) continue;
    const owner = (await socket.api(`uuid_getvar ${uuid} ${OWNER_VARIABLE}`)).trim();
    if (owner === deadGatewayId && (await socket.api(`uuid_kill ${uuid}`)).startsWith('+OK')) ended += 1;
  }
  return ended;
}
