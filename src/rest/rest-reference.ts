import { resources } from './resources';

/** `docs/rest.md`, generated from the resources; a test compares the two. */
export function restReference(): string {
  const sections = resources.flatMap(({ name, notes, operations }) => [
    `## ${name}`, '', ...notes, '',
    '| request | what |', '|---|---|',
    ...operations.map(({ method, path, what }) => `| \`${method} ${path.replace(/:(\w+)/g, '{$1}')}\` | ${what} |`), '',
  ]);
  return [
    '# REST API', '',
    'Generated from `src/rest` by `make docs`; do not edit by hand.', '',
    'Resources as Twilio has them, on the HTTP port of every gateway (`http.port`, `http.publicUrl`); the official client works',
    'unchanged. What is not listed here is not served.', '',
    '- **Credentials**: HTTP Basic, AccountSid and AuthToken, and only what is that account\'s own.',
    '- **Errors**: `{ code, message, more_info, status }`. 400 a parameter (20001, PageToken 21481), 401 credentials (20003),',
    '  403 the account is suspended (20005), 404 nothing there (20404), 405 method (20004), 429 more than',
    '  `restRequestsPerSecond` (20429, [limits.md](limits.md); the client retries with `autoRetry`), 500 (20500), 503 Redis does not',
    '  answer (20503).',
    '- **Operators**: `/health/...`, `/metrics` and `/calls/{sid}/timeline` answer on the same port without credentials. A proxy in',
    '  front of it passes `/v1/` and `/2010-04-01/` to tenants, nothing else, and adds TLS; `http.publicUrl` is then its URL.', '',
    ...sections,
  ].join('\n');
}
