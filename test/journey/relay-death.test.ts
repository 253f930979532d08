import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { IncomingCall } from '../../src/sip-stack';
import type { GatewayCommand, GatewayReport } from '../support/adopting-gateway';
import { eventually } from '../support/eventually';
import { heardByCallee, RelayStage, SDP, SECRET } from '../support/relay-stage';
import { hasSipp, startSipp } from '../support/sipp';

const stage = new RelayStage();
afterEach(() => stage.clear());

/** What a takeover may take in all is 3 s; this is the relay's part of it. */
const NOTICE_MS = 200;

class Gateway {
  readonly reports: GatewayReport[] = [];
  readonly #process: ChildProcess;

  constructor(readonly id: string, port: number) {
    this.#process = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), resolve(__dirname, '../support/adopting-gateway.ts')], {
      env: { PATH: process.env['PATH'] ?? '', DRACHTIO_PORT: String(port), DRACHTIO_SECRET: SECRET, GATEWAY_ID: id },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process.on('message', (report: GatewayReport) => this.reports.push(report));
    stage.after(() => this.kill());
  }

  tell(command: GatewayCommand): void {
    this.#process.send(command);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  heard<What extends GatewayReport['what']>(what: What): Promise<Extract<GatewayReport, { what: What }>> {
    return eventually(() => {
      const found = this.reports.find((report): report is Extract<GatewayReport, { what: What }> => report.what === what);
      if (!found) throw new Error(`${this.id} has not said ${what} but ${JSON.stringify(this.reports)}`);
      return found;
    }, 15_000);
  }
}

async function twoGateways() {
  const server = await stage.server();
  const { relay, address } = await stage.relay(server.admin);
  const gateways = ['one', 'two'].map((id) => new Gateway(id, address.port)) as [Gateway, Gateway];
  await Promise.all(gateways.map((gateway) => gateway.heard('ready')));
  /** Whoever said this first, and the other. */
  const whoSaid = (what: GatewayReport['what']): Promise<readonly [Gateway, Gateway]> => eventually(() => {
    const at = gateways.findIndex(({ reports }) => reports.some((report) => report.what === what));
    if (at === -1) throw new Error(`nobody said ${what}`);
    return at === 0 ? gateways : [gateways[1], gateways[0]] as const;
  }, 15_000);
  return { server, relay, gateways, whoSaid };
}

const whenSipp = hasSipp() ? describe : describe.skip;

whenSipp('a caller whose gateway is killed', () => {
  it('is adopted by the other within 200 ms, which gets his BYE', async () => {
    const { server, relay, whoSaid } = await twoGateways();
    const caller = await startSipp({ scenario: 'uac-bye', remote: server.sip, talkMs: 2_000 });
    const [owner, heir] = await whoSaid('answered');
    const { dialogId } = await owner.heard('answered');
    const killedAt = Date.now();
    owner.kill();
    const down = await heir.heard('down');
    expect(down.gatewayId).toBe(owner.id);
    expect(down.at - killedAt).toBeLessThan(NOTICE_MS);
    heir.tell({ do: 'adopt', dialogId, epoch: 1 });
    expect(await heir.heard('adopted')).toMatchObject({ outcome: 'adopted' });
    expect(await heir.heard('bye')).toEqual({ what: 'bye', dialogId });
    expect(await caller.finished).toMatchObject({ successful: 1, failed: 0 });
    await eventually(() => expect(relay.idle).toBe(true));
  });

  it('is answered by the other when the first had not yet', async () => {
    const { server, relay, whoSaid } = await twoGateways();
    const caller = await startSipp({ scenario: 'uac-bye', remote: server.sip, to: '2000', talkMs: 100 });
    const [asked, heir] = await whoSaid('asked');
    asked.kill();
    expect(await heir.heard('asked')).toEqual({ what: 'asked', replayedFrom: asked.id });
    await heir.heard('bye');
    expect(await caller.finished).toMatchObject({ successful: 1, failed: 0 });
    await eventually(() => expect(relay.idle).toBe(true));
  });
});

describe('a callee whose gateway is killed while it rings', () => {
  it('answers the other one', async () => {
    const { gateways: [owner, heir] } = await twoGateways();
    const { agent, uri } = await stage.phone('agent');
    const callee = new Promise<IncomingCall>((ringing) => agent.onInvite((call) => {
      call.ring(180);
      ringing(call);
    }));
    owner.tell({ do: 'ring', uri });
    const { dialogId } = await owner.heard('ringing');
    owner.kill();
    await heir.heard('down');
    const call = await callee;
    const heard = heardByCallee(call);
    call.accept({ body: SDP });
    heir.tell({ do: 'adopt', dialogId, epoch: 1 });
    expect(await heir.heard('final')).toEqual({ what: 'final', outcome: 'answered' });
    await eventually(() => expect(heard).toEqual(['ack']));
    await call.bye();
    await heir.heard('bye');
  });
});
