import type { EventSocket } from './event-socket';

/** Of the INVITE that makes a channel: the gateway that controls it, which a channel keeps as a variable. */
export const OWNER_HEADER = 'X-Holdfast-Gateway';
/** mod_sofia's name for it; whoever takes a channel over writes itself there. */
export const OWNER_VARIABLE = `sip_h_${OWNER_HEADER}`;

/** Which of these channels the record of a live call tells of. */
export type RecordedChannels = (uuids: readonly string[]) => Promise<ReadonlySet<string>>;

export interface OrphansEnded {
  readonly ended: number;
  /** Channels of calls that somebody has taken over, or still will: they are to be looked at again. */
  readonly left: number;
}

/**
 * Ends the channels of a media server that a dead gateway controlled and that no record tells of: those it was about to give a
 * caller, and the links of its bridges. Whoever has the record of a call takes its channel over, however long that takes: with many
 * calls on a busy machine it has been seen to take longer than any time that could be waited for here.
 */
export async function endOrphans(
  socket: EventSocket, deadGatewayId: string, isOurs: (uuid: string) => boolean, recorded: RecordedChannels,
): Promise<OrphansEnded> {
  const { rows = [] } = JSON.parse(await socket.api('show channels as json')) as { rows?: readonly { readonly uuid: string }[] };
  const orphans: string[] = [];
  for (const { uuid } of rows) {
    if (isOurs(uuid)) continue;
    const owner = (await socket.api(`uuid_getvar ${uuid} ${OWNER_VARIABLE}`)).trim();
    if (owner === deadGatewayId) orphans.push(uuid);
  }
  if (orphans.length === 0) return { ended: 0, left: 0 };
  const kept = await recorded(orphans);
  let ended = 0;
  for (const uuid of orphans) {
    if (!kept.has(uuid) && (await socket.api(`uuid_kill ${uuid}`)).startsWith('+OK')) ended += 1;
  }
  return { ended, left: kept.size };
}
