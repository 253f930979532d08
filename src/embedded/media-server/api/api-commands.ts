import type { ApiCommand, ApiWorld } from './api-world';
import { splitFirst } from './api-world';
import { CHANNEL_COMMANDS } from './channel-commands';
import { evaluateCondition, expandText } from './expand';
import { STATUS_COMMANDS } from './status-commands';
import { VARIABLE_COMMANDS } from './variable-commands';

const COMMANDS: ReadonlyMap<string, ApiCommand> = new Map([
  ...CHANNEL_COMMANDS, ...STATUS_COMMANDS, ...VARIABLE_COMMANDS,
]);

/** Runs one line as `api` gets it; what is not supported is `-ERR <name> Command not found!`, as FreeSWITCH says it. */
export async function runApiCommand(world: ApiWorld, line: string): Promise<string> {
  const [name, args] = splitFirst(line);
  if (name === 'cond') return evaluateCondition(args);
  if (name === 'expand') {
    const expanded = await expandText(args, (inner) => runApiCommand(world, inner), world.globals);
    return runApiCommand(world, expanded);
  }
  const command = COMMANDS.get(name.toLowerCase());
  return command ? command(world, args) : `-ERR ${name} Command not found!\n`;
}
