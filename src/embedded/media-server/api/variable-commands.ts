import { assign } from '../apps';
import { type ApiCommand, onChannel, splitFirst } from './api-world';

/** FreeSWITCH writes this for a variable that is not there. */
const UNDEFINED = '_undef_';

const getVariable = onChannel('<uuid> <var>', (channel, name) =>
  name === '' ? '-ERR No variable name specified!\n' : (channel.variables.get(name) ?? UNDEFINED));

const setVariable = onChannel('<uuid> <var> [value]', (channel, rest) => {
  const [name, value] = splitFirst(rest);
  if (name === '') return '-ERR No variable specified\n';
  assign(channel, `${name}=${value}`);
  return '+OK\n';
});

const setVariables = onChannel('<uuid> <var>=<value>;<var>=<value>...', (channel, rest) => {
  if (rest.split(';').some((pair) => pair.startsWith('='))) return '-ERR No variable specified\n';
  for (const pair of rest.split(';')) assign(channel, pair);
  return '+OK\n';
});

/**
 * `name=value`, or `name=value=old`: only when it is `old` now. The reply is the same whether it was (mod_commands).
 */
const setGlobal: ApiCommand = ({ globals }, args) => {
  const [name = '', value = '', old] = args.split('=');
  if (name === '') return '-USAGE: <var>=<value> [=<value2>]\n';
  if (old !== undefined && (globals.get(name) ?? '') !== old) return '+OK';
  if (value === '') globals.delete(name);
  else globals.set(name, value);
  return '+OK';
};

const getGlobal: ApiCommand = ({ globals }, args) => {
  const name = args.trim();
  if (name !== '') return globals.get(name) ?? '';
  return [...globals].map(([key, value]) => `${key}=${value}\n`).join('');
};

export const VARIABLE_COMMANDS: ReadonlyMap<string, ApiCommand> = new Map<string, ApiCommand>([
  ['global_getvar', getGlobal],
  ['global_setvar', setGlobal],
  ['uuid_getvar', getVariable],
  ['uuid_setvar', setVariable],
  ['uuid_setvar_multi', setVariables],
]);
