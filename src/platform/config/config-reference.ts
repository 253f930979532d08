import { relaySchema } from './relay-config';
import { schemaKeys, type SchemaKey } from './schema-keys';

function defaultOf(key: SchemaKey): string {
  if (key.note.computed !== undefined) return key.note.computed;
  if (key.fallback !== undefined) return `\`${JSON.stringify(key.fallback)}\``;
  return key.required ? '**required**' : 'none';
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

function row(key: SchemaKey): string {
  const { note } = key;
  const cells = [
    `\`${key.path}\``, key.type, defaultOf(key), note.unit ?? '', note.env === undefined ? '' : `\`${note.env}\``,
    note.secret === true ? `${note.why} (secret, never printed)` : note.why,
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** docs/config.md, generated from the schema; a test compares the two. */
export function configReference(): string {
  return [
    '# Configuration',
    '',
    'Generated from `src/platform/config/schema.ts` by `make docs`; do not edit by hand.',
    '',
    'Read in this order, the later wins: `config/default.yaml`, the files named by `HOLDFAST_CONFIG` (separated by commas;',
    '`make run` takes `config/demo.yaml` when it is unset), environment variables. Lists replace lists. Unknown keys are refused, all',
    'problems are reported at once, and well-known default secrets are refused outside demo mode.',
    '`FREESWITCH_SERVERS` is written `host:port:secret,host:port:secret`; other lists in variables are separated by commas.',
    '',
    '| key | type | default | unit | environment | what for |',
    '|---|---|---|---|---|---|',
    ...schemaKeys().map(row),
    '',
    '## The relay',
    '',
    'A program of its own (`src/relay`) that is configured by the environment alone; `DRACHTIO_*` is the SIP server there, and',
    'gateways are given the relay as their `DRACHTIO_*`.',
    '',
    '| key | type | default | unit | environment | what for |',
    '|---|---|---|---|---|---|',
    ...schemaKeys(relaySchema).map(row),
    '',
  ].join('\n');
}
