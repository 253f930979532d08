const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const NAME = '[A-Za-z0-9_-]+';
/** What may be played: our silences, tones and streams by name, and files whose names are hashes. */
const SOUND = [
  'silence_stream://(?:-1|\\d{1,8})',
  'tone_stream://%\\([0-9.,]+\\)(?:;%\\([0-9.,]+\\))*;loops=-1',
  `local_stream://${NAME}`,
  '(?:/[A-Za-z0-9._-]+)*/AC[0-9a-f]{32}/[0-9a-f]{64}\\.wav',
  '(?:/[A-Za-z0-9._-]+)*/[0-9a-f]{2}/[0-9a-f]{64}\\.wav',
].join('|');

const COMMANDS: Readonly<Record<string, RegExp>> = {
  auth: /^auth [A-Za-z0-9-]+$/,
  events: /^event json [A-Z_]+(?: [A-Z_]+)*$/,
  heartbeat: /^filter Event-Name HEARTBEAT$/,
  watch: new RegExp(`^filter (?:delete )?(?:Unique-ID|Bridge-B-Unique-ID) ${UUID}$`),
  variables: new RegExp(`^api uuid_setvar_multi ${UUID} [a-z_]+=[A-Za-z0-9_.-]+(?:;[a-z_]+=[A-Za-z0-9_.-]+)*$`),
  break: new RegExp(`^api uuid_recv_dtmf ${UUID} F$`),
  digits: new RegExp(`^api uuid_send_dtmf ${UUID} [0-9*#A-DwW]{1,99}$`),
  bridge: new RegExp(`^api uuid_bridge ${UUID} ${UUID}$`),
  park: new RegExp(`^api uuid_transfer ${UUID} park inline$`),
  probe: /^api version$/,
  look: new RegExp(`^api (?:uuid_exists ${UUID}|uuid_getvar ${UUID} (?:bridge_to|sip_h_X-Holdfast-Gateway)|show channels as json)$`),
  owner: new RegExp(`^api uuid_setvar ${UUID} sip_h_X-Holdfast-Gateway ${NAME}$`),
  kill: new RegExp(`^api uuid_kill ${UUID}$`),
  play: new RegExp(
    `^sendmsg ${UUID}\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: (?:${SOUND})\nEvent-UUID: ${UUID}$`,
  ),
};

/** Commands cut out of what a controller sent: each ends with an empty line, and nothing may stand between them. */
export function cutCommands(bytes: string): { readonly commands: readonly string[]; readonly rest: string } {
  const parts = bytes.split('\n\n');
  const rest = parts.pop() ?? '';
  return { commands: parts, rest };
}

/** Which of the allowed commands it is; undefined when it is none of them, byte for byte. */
export function commandKind(command: string): string | undefined {
  return Object.entries(COMMANDS).find(([, grammar]) => grammar.test(command))?.[0];
}
