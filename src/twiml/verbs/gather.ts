import { attribute, readAttributes } from '../attribute-table';
import { boolean, httpMethod, integer, type HttpMethod, listOf, matching, optional, url } from '../attribute-types';
import { type ElementSpec } from '../element-spec';
import { type Findings, SCHEMA_WARNING } from '../findings';
import { warnOfText } from '../stray-content';
import { elementsOf, type XmlElement } from '../xml/xml-element';
import { pauseSpec, type PauseVerb } from './pause';
import { playSpec, type PlayVerb } from './play';
import { saySpec, type SayVerb } from './say';

export type GatherInput = 'dtmf' | 'speech';
export type GatherChild = SayVerb | PlayVerb | PauseVerb;

export interface GatherAttributes {
  /** undefined or `''` = the URL of the current document. */
  readonly action: string | undefined;
  readonly method: HttpMethod;
  readonly input: readonly GatherInput[];
  /** One of 0-9 * #, or `''` = no key finishes. */
  readonly finishOnKey: string;
  /** undefined = no limit. */
  readonly numDigits: number | undefined;
  /** Seconds of silence. */
  readonly timeout: number;
  readonly actionOnEmptyResult: boolean;
  readonly bargeIn: boolean;
}

export interface GatherVerb extends GatherAttributes {
  readonly name: 'Gather';
  readonly children: readonly GatherChild[];
}

/** A finding inside Gather has a code of its own (contract 13). */
const NESTED_CODES = { 13511: 13321, 13510: 13322 } as const;

/** Contract 5.7. */
export const gatherSpec: ElementSpec<GatherVerb, GatherAttributes> = {
  name: 'Gather',
  attributes: {
    action: attribute(optional(url), undefined, 11100, { absentMeans: 'the current document' }),
    method: attribute(httpMethod, 'POST', 13312),
    input: attribute(listOf('dtmf', 'speech'), ['dtmf']),
    finishOnKey: attribute(matching('one of 0-9 * # or empty', /^[0-9*#]?$/), '#', 13310),
    numDigits: attribute(optional(integer(1)), undefined, 13314, { absentMeans: 'no limit' }),
    timeout: attribute(integer(0, 86_400), 5, 13313),
    actionOnEmptyResult: attribute(boolean, false),
    bargeIn: attribute(boolean, true),
  },
  notYetAttributes: [
    'speechTimeout', 'maxSpeechTime', 'language', 'hints', 'speechModel', 'enhanced', 'profanityFilter',
    'partialResultCallback', 'partialResultCallbackMethod', 'debug',
  ],
  children: ['Say', 'Play', 'Pause'],
  body: 'none',
  read(element, findings) {
    warnOfText(element, findings);
    const { values } = readAttributes(element, gatherSpec.attributes, gatherSpec.notYetAttributes, findings);
    if (values.input.includes('speech')) {
      findings.warn('Gather', SCHEMA_WARNING, 'Gather input speech: there is no speech recognition here, only keys are heard', 'input');
    }
    const children = elementsOf(element)
      .map((child) => findings.within(NESTED_CODES, () => readChild(child, findings)))
      .filter((child) => child !== undefined);
    return { name: 'Gather', ...values, children };
  },
};

function readChild(child: XmlElement, findings: Findings): GatherChild | undefined {
  switch (child.name) {
    case 'Say':
      return saySpec.read(child, findings);
    case 'Pause':
      return pauseSpec.read(child, findings);
    case 'Play':
      return withoutDigits(playSpec.read(child, findings), findings);
    default:
      findings.warn('Gather', 13320, `${child.name} inside Gather was ignored`);
      return undefined;
  }
}

/** Contract 5.2: `digits` is not legal inside Gather, which would hear its own tones. */
function withoutDigits(play: PlayVerb | undefined, findings: Findings): PlayVerb | undefined {
  if (play?.digits === undefined) return play;
  findings.warn('Play', SCHEMA_WARNING, 'Play digits inside Gather was ignored', 'digits');
  return play.url === '' ? undefined : { ...play, digits: undefined };
}
