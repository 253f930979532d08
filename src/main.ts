import { writeFileSync } from 'node:fs';
import { messageOf } from './lib';
import { Gateway } from './gateway';
import { surviveStrayErrors } from './stray-errors';
import { configFilesFor, describeProblems, loadConfig, processEnvironment, redactConfig } from './platform/config';
import { createLogger } from './platform/telemetry';

/** A gateway process: configuration in, `ready …` on stdout when it takes calls, drains on SIGTERM. */
async function main(): Promise<void> {
  const env = processEnvironment();
  const loaded = loadConfig(env, configFilesFor(env));
  if (loaded.outcome === 'invalid') {
    process.stderr.write(`${describeProblems(loaded.problems)}\n`);
    process.exitCode = 1;
    return;
  }
  const { config } = loaded;
  const log = createLogger({ level: config.log.level, pretty: config.log.pretty });
  surviveStrayErrors(log);
  log.debug({ config: redactConfig(config) }, 'effective configuration');
  const gateway = new Gateway(config, log);
  let stopping = false;
  const stop = (): void => {
    // A second signal means now.
    if (stopping) process.exit(1);
    stopping = true;
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.fatal({ err: error }, 'the gateway did not stop in order');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  try {
    const { http, sip } = await gateway.start();
    if (config.http.addressFile !== undefined) writeFileSync(config.http.addressFile, `${http}\n`);
    process.stdout.write(`ready http=${http} sip=${sip}\n`);
  } catch (error) {
    process.stderr.write(`the gateway cannot start: ${messageOf(error)}\n`);
    process.exit(1);
  }
}

void main();
