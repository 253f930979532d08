import { STACK_IS_EMBEDDED } from './world';

export interface StackNeeds {
  /** At least so many. */
  readonly mediaServers?: number;
  /** Default one, which DRACHTIO_HOST names; HOLDFAST_TEST_SECOND_DRACHTIO names another one. */
  readonly sipServers?: number;
  /** Its servers can be killed, frozen, stopped and started. */
  readonly deaths?: boolean;
}

/** A story that not every real stack can tell; one that cannot skips it and says why. The embedded one always can. */
export function describeStack(title: string, needs: StackNeeds, story: () => void): void {
  const whyNot = STACK_IS_EMBEDDED ? undefined : whatIsMissing(needs);
  if (whyNot === undefined) describe(title, story);
  else describe.skip(`${title} (skipped: ${whyNot})`, story);
}

function whatIsMissing({ mediaServers = 1, sipServers = 1, deaths = false }: StackNeeds): string | undefined {
  const { HOLDFAST_TEST_SERVERS_CONTROL: program = '', HOLDFAST_TEST_SECOND_DRACHTIO: second = '', FREESWITCH_SERVERS: servers = '' } = process.env;
  if (deaths && program === '') return 'HOLDFAST_TEST_SERVERS_CONTROL names no program that ends and starts the servers';
  if (sipServers > 1 && second === '') return 'HOLDFAST_TEST_SECOND_DRACHTIO names no other SIP server';
  if (servers.split(',').length < mediaServers) return `FREESWITCH_SERVERS names fewer than ${mediaServers}`;
  return undefined;
}
