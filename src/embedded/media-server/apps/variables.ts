import type { Application } from '../channel/app-runner';
import type { Channel } from '../channel/channel';

/** `name=value`; an empty value, or FreeSWITCH's `_undef_`, takes the variable away. */
export function assign(channel: Channel, text: string): boolean {
  const equals = text.indexOf('=');
  const name = (equals < 0 ? text : text.slice(0, equals)).trim();
  if (name === '') return false;
  const value = equals < 0 ? '' : text.slice(equals + 1);
  if (value === '' || value === '_undef_') channel.variables.delete(name);
  else channel.variables.set(name, value);
  if (name === 'media_timeout') channel.around.engine.watchMedia(channel.uuid, Number(value) || 0);
  return true;
}

export const set = (channel: Channel): Application => async (run) => {
  assign(channel, run.argument);
  return '_none_';
};

/** `multiset [^^<delimiter>]a=1<delimiter>b=2`; without a delimiter, spaces part. */
export const multiset = (channel: Channel): Application => async (run) => {
  const [, delimiter = ' ', rest = ''] = /^(?:\^\^(.))?(.*)$/s.exec(run.argument) ?? [];
  for (const pair of rest.split(delimiter)) assign(channel, pair);
  return '_none_';
};

export const unset = (channel: Channel): Application => async (run) => {
  channel.variables.delete(run.argument.trim());
  return '_none_';
};
