import { GatewayError } from '../lib';

/** Inbound SIP MESSAGEs run API commands in older ones (CVE-2026-116779); 1.11.3 has the gate against it. */
const OLDEST = [1, 11, 3] as const;

/**
 * Refuses a media server whose answer to the api command `version` names an older FreeSWITCH than 1.11.3, or none, unless
 * there is a reason to use it all the same. Throws `media-server-too-old`.
 */
export function requireVersion(server: string, answer: string, reason: string | undefined): void {
  const version = /Version (\d+\.\d+\.\d+)/.exec(answer)?.[1];
  if (reason !== undefined || (version !== undefined && !isOlder(version.split('.').map(Number)))) return;
  const found = version === undefined ? 'does not tell its version' : `is FreeSWITCH ${version}`;
  throw new GatewayError('media-server-too-old',
    `media server ${server} ${found}; ${OLDEST.join('.')} or newer is needed: upgrade it, or say in ` +
    'HOLDFAST_OLD_FREESWITCH_REASON why it may be used all the same');
}

function isOlder(version: readonly number[]): boolean {
  const at = OLDEST.findIndex((part, index) => part !== version[index]);
  return at >= 0 && (version[at] ?? 0) < (OLDEST[at] ?? 0);
}
