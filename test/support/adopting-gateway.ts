import { type AdoptedDialog, DrachtioConnection, type SipDialog } from '../../src/dialogs';
import { messageOf } from '../../src/lib';
import { SDP } from './relay-stage';

/** What the test tells it. */
export type GatewayCommand =
  | { readonly do: 'adopt'; readonly dialogId: string; readonly epoch: number }
  | { readonly do: 'ring'; readonly uri: string };

/** What it tells the test. */
export type GatewayReport =
  | { readonly what: 'ready' | 'relayed' }
  | { readonly what: 'asked'; readonly replayedFrom: string | undefined }
  | { readonly what: 'answered' | 'ringing' | 'bye'; readonly dialogId: string }
  | { readonly what: 'adopted'; readonly outcome: string }
  | { readonly what: 'final'; readonly outcome: string }
  | { readonly what: 'down'; readonly gatewayId: string; readonly at: number };

/** A gateway of nothing but dialogs, a process of its own so that it can be killed: answers 1000 at once, others when they come again. */
async function main({ DRACHTIO_PORT, DRACHTIO_SECRET = '', GATEWAY_ID = '' }: NodeJS.ProcessEnv): Promise<void> {
  const connection = new DrachtioConnection({ host: '127.0.0.1', port: Number(DRACHTIO_PORT), secret: DRACHTIO_SECRET, gatewayId: GATEWAY_ID });
  const report = (what: GatewayReport): void => void process.send?.(what);
  const watch = (dialog: SipDialog): void => void dialog.on('bye', () => report({ what: 'bye', dialogId: dialog.id }));
  const settled = (adopted: AdoptedDialog): void => {
    void adopted.outcome.then(({ outcome }) => report({ what: 'adopted', outcome }));
    void adopted.final.then(({ outcome }) => report({ what: 'final', outcome }));
  };
  connection.on('gateway-down', (gatewayId) => report({ what: 'down', gatewayId, at: Date.now() }));
  connection.on('invite', (invite) => {
    report({ what: 'asked', replayedFrom: invite.replayedFrom });
    if (!invite.requestUri.startsWith('sip:1000@') && invite.replayedFrom === undefined) return;
    invite.accept(SDP).then((dialog) => {
      watch(dialog);
      report({ what: 'answered', dialogId: dialog.id });
    }, (error: unknown) => process.stderr.write(`${messageOf(error)}\n`));
  });
  process.on('message', (command: GatewayCommand) => {
    if (command.do === 'ring') {
      const invite = connection.invite({ uri: command.uri, sdp: SDP });
      invite.on('progress', () => report({ what: 'ringing', dialogId: invite.dialogId ?? '' }));
      return;
    }
    const adopted = connection.takeOver(command.dialogId, command.epoch, SDP);
    watch(adopted.dialog);
    settled(adopted);
  });
  await connection.start();
  report({ what: 'ready' });
}

if (require.main === module) void main(process.env);
