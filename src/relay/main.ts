import { messageOf, systemClock } from '../lib';
import { describeProblems, loadRelayConfig } from '../platform/config';
import { createLogger, Metrics, type OperationsServer, startOperationsServer } from '../platform/telemetry';
import { formatHostPort } from '../protocol/sip';
import { oncePortFree } from './once-port-free';
import { Relay } from './relay';

/** How often a relay that drains looks whether its calls are over. */
const LOOK_MS = 100;

/** The process `dist/relay/main.js`: `ready ...` on stdout when it works, drains on SIGTERM, ends at once on a second one. */
async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const loaded = loadRelayConfig(env);
  if (loaded.outcome === 'invalid') throw new Error(`the configuration needs mending:\n${describeProblems(loaded.problems)}`);
  const { drachtio, listen, http, holdMs, silenceMs, drainMs, portWaitMs, log: { level, pretty } } = loaded.config;
  const log = createLogger({ level, pretty });
  const metrics = new Metrics({ runtime: true, rooms: ['relay', 'platform'] });
  const relay = new Relay({ drachtio, listen, holdMs, silenceMs, portWaitMs, clock: systemClock, metrics, log });
  const check = (): Promise<void> =>
    relay.trouble === undefined ? Promise.resolve() : Promise.reject(new Error(relay.trouble));
  const openHttp = (): Promise<OperationsServer> =>
    startOperationsServer({ ...http, metrics, logger: log, dependencies: [{ name: 'drachtio', check }] });
  // Its predecessor lets go of that port when it hears of us, so not before the gateways' port is ours.
  const opening = oncePortFree(systemClock, portWaitMs, openHttp, () => log.info('waiting for the port of health and metrics'));

  const end = (): never => {
    relay.stop();
    process.exit(0);
  };
  let stopping = false;
  const stop = (): void => {
    // A second signal means now.
    if (stopping) end();
    stopping = true;
    void opening.then((operations) => operations.markStopping());
    relay.drain(() => {
      log.info('another relay has our place');
      void opening.then((operations) => operations.stop());
    });
    log.info({ dialogs: relay.dialogCount, withinMs: drainMs }, 'draining');
    systemClock.after(drainMs, () => {
      log.warn({ dialogs: relay.dialogCount }, 'calls are left at the end of the grace period: they go on without signalling');
      end();
    });
    systemClock.every(LOOK_MS, () => {
      if (relay.idle) end();
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const [bound, operations] = await Promise.all([relay.start(), opening]);
  process.stdout.write(`ready gateways=${formatHostPort(bound)} http=http://${formatHostPort(operations)}\n`);
}

main(process.env).catch((error: unknown) => {
  process.stderr.write(`relay: ${messageOf(error)}\n`);
  process.exit(1);
});
