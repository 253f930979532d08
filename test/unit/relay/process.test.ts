import { resolve } from 'node:path';
import { ChildProgram } from '../../support/child-program';
import { eventually } from '../../support/eventually';
import { heardBy, RelayStage, say, SDP, SECRET, SERVER_SECRET, uriOf } from '../../support/relay-stage';

const main = resolve(__dirname, '../../../src/relay/main.ts');
const stage = new RelayStage();
afterEach(() => stage.clear());

function run(env: Record<string, string>): ChildProgram {
  const program = new ChildProgram(process.execPath, ['--require', require.resolve('tsx/cjs'), main], {
    env: {
      PATH: process.env['PATH'] ?? '', DRACHTIO_SECRET: SERVER_SECRET, HOLDFAST_RELAY_SECRET: SECRET,
      HOLDFAST_RELAY_HTTP_PORT: '0', HOLDFAST_RELAY_PORT: '0', ...env,
    },
  });
  stage.after(async () => void (await program.stop()));
  return program;
}

async function ready(program: ChildProgram): Promise<{ host: string; port: number; http: string }> {
  const [, port, http = ''] = await eventually(() => {
    const line = /^ready gateways=127\.0\.0\.1:(\d+) http=(\S+)$/m.exec(program.stdout);
    if (!line) throw new Error(program.stdout + program.stderr);
    return line;
  }, 15_000);
  return { host: '127.0.0.1', port: Number(port), http };
}

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

describe('the process of the relay', () => {
  it('is ready with drachtio-server, drains on SIGTERM until its last call is over, and then ends', async () => {
    const server = await stage.server();
    const relay = run({ DRACHTIO_PORT: String(server.admin.port) });
    const at = await ready(relay);
    const one = await stage.app(at, 'one', 'invite');
    const { agent } = await stage.phone();
    const call = agent.invite({ uri: uriOf(server), body: SDP });
    const heard = heardBy(call);
    const txn = (await one.heard('INVITE sip:1000'))[8] ?? '';
    await one.ask(say.response(txn, '200 OK', SDP));
    await one.heard(/\r\nACK /);
    expect([await statusOf(`${at.http}/health/live`), await statusOf(`${at.http}/health/ready`)]).toEqual([200, 200]);
    expect(await (await fetch(`${at.http}/metrics`)).text()).toContain('holdfast_relay_frames_total{from="gateway"} 1');

    const ended = relay.stop(20_000);
    await one.heard('relay|draining');
    expect([await statusOf(`${at.http}/health/live`), await statusOf(`${at.http}/health/ready`)]).toEqual([200, 503]);
    expect(relay.running).toBe(true);
    const bye = call.bye();
    await one.ask(say.response((await one.heard(/\r\nBYE /))[8] ?? '', '200 OK'));
    expect(await bye).toMatchObject({ response: { status: 200 } });
    expect(await ended).toEqual({ exitCode: 0, signal: null });
    expect(heard).toEqual(['200', 'ended by local']);
  });

  it('ends at the end of its grace period whatever is left', async () => {
    const server = await stage.server();
    const relay = run({ DRACHTIO_PORT: String(server.admin.port), HOLDFAST_RELAY_DRAIN_MS: '300' });
    const one = await stage.app(await ready(relay), 'one');
    const { agent, uri } = await stage.phone('bob');
    agent.onInvite((call) => call.ring(180));
    one.send(say.invite(uri));
    await one.heard(/SIP\/2.0 180/);
    expect(await relay.stop(20_000)).toEqual({ exitCode: 0, signal: null });
    expect(relay.stdout).toContain('calls are left at the end of the grace period');
  });

  it('says all that is wrong with its settings', async () => {
    const relay = run({ DRACHTIO_SECRET: 'cymru', HOLDFAST_RELAY_SECRET: '', HOLDFAST_RELAY_HOLD_MS: '0' });
    expect(await relay.ended).toEqual({ exitCode: 1, signal: null });
    for (const key of ['listen.secret: is missing', 'drachtio.secret: is a well-known default', 'HOLDFAST_RELAY_HOLD_MS']) {
      expect(relay.stderr).toContain(key);
    }
  });
});
