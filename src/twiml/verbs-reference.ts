import { coverageTable, evidenceCell } from '../lib';
import type { AttributeSpec, AttributeTable } from './attribute-table';
import { NOT_YET_NOUNS, nounRegistry } from './nouns/dial-nouns';
import { codesCoverage, codesText } from './codes-coverage';
import { documentsCoverage } from './documents-coverage';
import { NOT_YET_VERBS, verbRegistry, verbsAllowedIn } from './verb-registry';
import { attributeEvidence } from './verbs-evidence';

/** What a specification has in common, whatever its values are. */
interface AnySpec {
  readonly name: string;
  readonly attributes: AttributeTable<object>;
  readonly notYetAttributes: readonly string[];
  readonly children: readonly string[];
  readonly body: string;
}

const NO_RECORDING = 'a caller is not recorded alone yet: Dial records';
const NO_SPEECH_INPUT = 'there is no speech recognition';
const NO_MACHINE_DETECTION = 'there is no answering machine detection';
const NO_TASKS = 'there is no task router: the value is checked, then ignored';
const NO_REFER = 'callers are not transferred by REFER: Dial bridges';

/** Why an attribute is not executed. */
const WHY: Readonly<Record<string, string>> = {
  recordingConfigurationId: 'there are no recording configurations: the attributes beside it say all',
  ifMachine: 'there is no answering machine detection, and it is older than machineDetection',
  events: 'statusCallbackEvent of Number and Sip tells the progress of a leg',
  passports: 'calls are not signed (STIR)',
  byoc: "trunks are chosen by the tenant's configuration",
  machineDetection: NO_MACHINE_DETECTION,
  machineDetectionTimeout: NO_MACHINE_DETECTION,
  machineDetectionSpeechThreshold: NO_MACHINE_DETECTION,
  machineDetectionSpeechEndThreshold: NO_MACHINE_DETECTION,
  machineDetectionSilenceTimeout: NO_MACHINE_DETECTION,
  amdStatusCallback: NO_MACHINE_DETECTION,
  amdStatusCallbackMethod: NO_MACHINE_DETECTION,
  speechTimeout: NO_SPEECH_INPUT,
  maxSpeechTime: NO_SPEECH_INPUT,
  language: NO_SPEECH_INPUT,
  hints: NO_SPEECH_INPUT,
  speechModel: NO_SPEECH_INPUT,
  enhanced: NO_SPEECH_INPUT,
  profanityFilter: NO_SPEECH_INPUT,
  partialResultCallback: NO_SPEECH_INPUT,
  partialResultCallbackMethod: NO_SPEECH_INPUT,
  debug: NO_SPEECH_INPUT,
};

/** Attributes that are read and not, or only partly, executed: `element attribute`. */
const PARTLY: Readonly<Record<string, string>> = {
  'Enqueue workflowSid': `no: ${NO_TASKS}`,
  'Queue reservationSid': `no: ${NO_TASKS}`,
  'Queue postWorkActivitySid': `no: ${NO_TASKS}`,
  'Gather input': `dtmf only: ${NO_SPEECH_INPUT}`,
};

const WHY_NOT_THE_VERB: Readonly<Record<(typeof NOT_YET_VERBS)[number], string>> = {
  Record: NO_RECORDING,
  Refer: NO_REFER,
  Sms: 'there are no messages',
  Start: 'media is not streamed to applications',
  Stop: 'media is not streamed to applications',
  Connect: 'media is not streamed to applications',
  Pay: 'there are no payments',
  Prompt: 'there are no payments',
  Echo: 'made for tests only',
  Queue: 'a noun of Dial, no verb',
};

const WHY_NOT_THE_NOUN: Readonly<Record<(typeof NOT_YET_NOUNS)[number], string>> = {
  Client: 'there are no browser endpoints',
  Conference: 'there are no conferences yet: two legs are bridged',
  Sim: 'there are no SIM cards',
  Application: 'a number of the account runs its application: dial that',
  WhatsApp: 'there is no such trunk',
};

/** `docs/verbs.md`, generated from the registries of verbs and nouns; a test compares the two. */
export function verbsReference(): string {
  return [
    '# TwiML', '',
    'Generated from the attribute tables of `src/twiml` by `make docs`; do not edit by hand.', '',
    'A value that is refused becomes an alert with the code of its row ([errors.md](errors.md)) and the default is',
    'used; where the code is marked `error` the verb is not executed. Names are case-sensitive. A document has at most',
    '64 kB. The last column names a file below `test/` and the test in it that proves what the row says.', '',
    '## Verbs', '',
    ...Object.values(verbRegistry).flatMap((spec) => section(spec)),
    '### Not supported', '',
    'Skipped with alert 12200.', '',
    '| verb | why |', '|---|---|', ...Object.entries(WHY_NOT_THE_VERB).map(([name, why]) => `| ${name} | ${why} |`), '',
    '## Nouns of Dial', '',
    ...Object.values(nounRegistry).flatMap((spec) => section(spec)),
    '### Not dialled', '',
    'Ignored with alert 12200.', '',
    '| noun | why |', '|---|---|', ...Object.entries(WHY_NOT_THE_NOUN).map(([name, why]) => `| ${name} | ${why} |`), '',
    '## Where verbs are allowed', '',
    'Elsewhere they are skipped with alert 12200.', '',
    '| document | verbs |', '|---|---|',
    '| program of a call | all but Leave |',
    `| wait document of Enqueue (\`waitUrl\`, \`waitFallbackUrl\`, \`addedUrl\`) | ${verbsAllowedIn.wait.join(', ')} |`,
    `| before a caller is added (\`addingUrl\` of Enqueue) | ${verbsAllowedIn.adding.join(', ')} |`,
    `| whisper to a callee (\`url\` of Number and Sip) | ${verbsAllowedIn.calleeWhisper.join(', ')} |`,
    `| whisper to a waiting caller (\`url\` of Queue) | ${verbsAllowedIn.queueWhisper.join(', ')} |`, '',
    '## What is heard in a queue', '',
    'Below everything is the hold music, which is heard whenever nothing plays over it: between wait documents, while one is',
    'asked for, while the application fails. Say and Play are heard over it; Pause and a Gather that listens are silence',
    'over it, as they would be without a queue. An empty document leaves the caller to the music until it is asked for',
    'again, after 1, 2, 4 ... 30 s. `waitUrl=""` has silence below instead.', '',
    ...Object.entries(documentsCoverage).flatMap(([heading, rows]) => [`## ${heading}`, '', ...coverageTable(rows), '']),
    '## Codes (13)', '',
    'What each alert means is in [errors.md](errors.md).', '',
    ...coverageTable(codesCoverage.map(({ codes, what, ...row }) => ({ ...row, what: `${codesText(codes)}: ${what}` }))), '',
  ].join('\n');
}

function section({ name, attributes, notYetAttributes, children, body }: AnySpec): string[] {
  const table = Object.entries(attributes) as [string, AttributeSpec<unknown>][];
  const read = table.map(([attribute, spec]) => {
    const code = `${spec.code}${spec.isError ? ' error' : ''}`;
    const executed = PARTLY[`${name} ${attribute}`] ?? 'yes';
    const proof = executed.startsWith('no:') ? '' : evidenceCell(evidenceOf(name, attribute));
    return `| \`${attribute}\` | ${cell(spec.type.describes)} | ${defaultOf(spec)} | ${code} | ${executed} | ${proof} |`;
  });
  const ignored = notYetAttributes.map(
    (attribute) => `| \`${attribute}\` | | | 12200 | no: ${whyNot(name, attribute)} | |`,
  );
  const rows = [...read, ...ignored];
  return [
    `### ${name}`, '',
    `Text: ${body}. Elements inside: ${children.length === 0 ? 'none' : children.join(', ')}.`, '',
    ...(rows.length === 0
      ? ['No attributes.']
      : ['| attribute | values | default | code | executed | proved by |', '|---|---|---|---|---|---|', ...rows]), '',
  ];
}

function evidenceOf(element: string, attribute: string): string {
  const test = attributeEvidence[`${element} ${attribute}`];
  if (test === undefined) throw new Error(`${element} ${attribute}: say in attributeEvidence which test proves it`);
  return test;
}

function whyNot(element: string, attribute: string): string {
  const why = WHY[attribute];
  if (why === undefined) throw new Error(`${element} ${attribute}: say in WHY why it is not executed`);
  return why;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

function defaultOf({ absent, absentMeans }: AttributeSpec<unknown>): string {
  if (absentMeans !== undefined) return absentMeans;
  if (absent === undefined) return 'none';
  if (Array.isArray(absent)) return `\`${absent.join(' ')}\``;
  return `\`${typeof absent === 'string' ? absent : JSON.stringify(absent)}\``;
}
