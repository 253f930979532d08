import { attribute, readAttributes, shorten } from '../attribute-table';
import { cappedInteger, matching } from '../attribute-types';
import { type ElementSpec } from '../element-spec';
import { flattenSsml, SSML_ELEMENTS } from '../flatten-ssml';
import { MAX_LOOP } from './play';

export interface SayAttributes {
  readonly voice: string;
  /** BCP 47 tag. */
  readonly language: string;
  /** Times to speak; 0 = until hang-up. */
  readonly loop: number;
}

export interface SayVerb extends SayAttributes {
  readonly name: 'Say';
  /** What to speak: plain text, SSML flattened, white space collapsed, at most 4,096 characters. */
  readonly text: string;
}

/** What Twilio's text-to-speech takes at once. */
export const MAX_SAY_TEXT = 4_096;

/** Contract 5.1. */
export const saySpec: ElementSpec<SayVerb, SayAttributes> = {
  name: 'Say',
  attributes: {
    voice: attribute(
      matching('man | woman | alice | Polly.* | Google.*', /^(man|woman|alice|(Polly|Google)\.[\w.-]+)$/), 'man', 13511,
    ),
    language: attribute(matching('a language tag', /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/), 'en-US'),
    loop: attribute(cappedInteger(MAX_LOOP), 1, 13510),
  },
  notYetAttributes: [],
  children: SSML_ELEMENTS,
  body: 'the text',
  read(element, findings) {
    const { values } = readAttributes(element, saySpec.attributes, [], findings);
    const text = flattenSsml(element, findings);
    if (text === '') {
      findings.warn('Say', 13520, 'Say has no text and was skipped');
      return undefined;
    }
    if (text.length <= MAX_SAY_TEXT) return { name: 'Say', text, ...values };
    const characters = [...text];
    if (characters.length <= MAX_SAY_TEXT) return { name: 'Say', text, ...values };
    findings.warn('Say', 13520, `only ${MAX_SAY_TEXT} of ${characters.length} characters are spoken: ${shorten(text)}`);
    return { name: 'Say', text: characters.slice(0, MAX_SAY_TEXT).join(''), ...values };
  },
};
