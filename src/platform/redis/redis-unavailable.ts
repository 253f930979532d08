/** Errors of ioredis 6.0.0 by which a command says that no server answered it: most of them have a message only. */
const NAMES: ReadonlySet<string> = new Set(['MaxRetriesPerRequestError', 'AbortError', 'InterruptError', 'ClusterAllFailedError']);
const MESSAGES = new RegExp(`^(?:${[
  'Connection is closed', 'Command timed out', "Stream isn't writeable", "Cluster isn't ready", 'Cluster is disconnect',
  'None of startup nodes', 'Node is disconnected', 'Too many Cluster redirections',
  // Answers of a server that cannot serve now.
  'LOADING ', 'OOM ', 'MISCONF ', 'CLUSTERDOWN ', 'MASTERDOWN ', 'READONLY ', 'TRYAGAIN ', 'NOREPLICAS ',
].join('|')})`);

/** Whether something failed because Redis was away: trying again later may help. Looks at causes, too. */
export function isRedisUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return NAMES.has(error.name) || MESSAGES.test(error.message) || isRedisUnavailable(error.cause);
}
