import { alertCodes } from './alert-codes';
import { errorCodes } from './error-codes';

/** `docs/errors.md`, generated from the two catalogues; a test compares them. */
export function errorsReference(): string {
  const ours = Object.entries(errorCodes).map(([code, { means, todo }]) => `| \`${code}\` | ${means} | ${todo} |`);
  const alerts = Object.entries(alertCodes).map(
    ([code, { means, level, rooms }]) => `| ${code} | ${level} | ${means} | ${rooms.join(', ')} |`,
  );
  return [
    '# Errors', '',
    'Generated from `src/lib/error-codes.ts` and `src/lib/alert-codes.ts` by `make docs`; do not edit by hand.', '',
    '## Alerts of a tenant', '',
    'What an account is told about its documents and its application: codes of the error dictionary, in alerts, in the',
    'fact `alert.raised` and as `ErrorCode` of a fallback request. A finding about an attribute (`Dial: timeout`) means',
    'that its value was refused and the default is used, unless the table says more. Values: [verbs.md](verbs.md).', '',
    '| code | level | what happened | raised in |', '|---|---|---|---|', ...alerts, '',
    '## Failures of the gateway', '',
    'The code of a `GatewayError`, for operators: in logs and in what programs print when they cannot start. It begins',
    'with the room of `src/` that throws it.', '',
    '| code | what happened | what to do |', '|---|---|---|', ...ours, '',
  ].join('\n');
}
