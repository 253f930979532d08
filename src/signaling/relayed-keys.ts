import type { SipDialog } from '../dialogs';
import type { MediaEndpoint } from '../media';
import { relayedKey } from '../protocol/dtmf';

/**
 * Keys that the far end of a dialog sends by INFO (`application/dtmf-relay`, `application/dtmf`) count like those in its
 * media: for Gather, hangupOnStar, and whoever it talks with. Both stacks take them from here alone, since FreeSWITCH hears
 * INFO only in the dialog with us.
 */
export function takeRelayedKeys(dialog: SipDialog, endpoint: MediaEndpoint): void {
  dialog.on('info', (contentType, body) => {
    const key = relayedKey(contentType, body);
    // A media server that is lost says so itself, and takes the call with it.
    if (key) endpoint.receiveKey(key.digit).catch(() => undefined);
  });
}
