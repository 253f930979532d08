import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from './lib';
import { renderHoldMusic } from './media/hold-music';
import { findExternalAddress } from './platform/address';
import { processEnvironment } from './platform/config';

/**
 * Runs once before the servers of a container stack: renders the hold music into HOLDFAST_MEDIA_DIR and writes the
 * address that callers are told to `external-address` there, where drachtio-server and the gateways read it.
 */
async function prepare(): Promise<void> {
  const env = processEnvironment();
  const directory = env['HOLDFAST_MEDIA_DIR'];
  if (directory === undefined || directory === '') throw new Error('set HOLDFAST_MEDIA_DIR, the directory the servers share');
  const { rendered } = await renderHoldMusic(join(directory, 'hold-music'));
  process.stdout.write(`hold music: ${join(directory, 'hold-music')}${rendered ? ' (rendered)' : ''}\n`);
  const { address, source } = await findExternalAddress({
    configured: env['HOLDFAST_EXTERNAL_IP'], stunServer: env['HOLDFAST_STUN_SERVER'],
  });
  writeFileSync(join(directory, 'external-address'), `${address}\n`);
  process.stdout.write(`external address: ${address} (${source})\n`);
}

prepare().catch((error: unknown) => {
  process.stderr.write(`the stack cannot be prepared: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
