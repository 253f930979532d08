import { attribute, readAttributes } from '../attribute-table';
import { cappedInteger, matching, optional } from '../attribute-types';
import { type ElementSpec } from '../element-spec';
import { SCHEMA_WARNING } from '../findings';
import { warnOfChildren } from '../stray-content';
import { ownText } from '../xml/xml-element';

export interface PlayAttributes {
  /** Times to play; 0 = until hang-up. */
  readonly loop: number;
  /** DTMF to send: 0-9 * # A-D, `w` half a second of silence, `W` a second. */
  readonly digits: string | undefined;
}

export interface PlayVerb extends PlayAttributes {
  readonly name: 'Play';
  /** Media URL, absolute or relative to the document; `''` when only `digits` are given. */
  readonly url: string;
}

/** Contract 5.2: the practical cap of `loop`. */
export const MAX_LOOP = 1_000;

/** Contract 5.2. */
export const playSpec: ElementSpec<PlayVerb, PlayAttributes> = {
  name: 'Play',
  attributes: {
    loop: attribute(cappedInteger(MAX_LOOP), 1, 13410),
    digits: attribute(optional(matching('DTMF digits 0-9 * # A-D w W', /^[0-9*#A-DwW]+$/)), undefined),
  },
  notYetAttributes: [],
  children: [],
  body: 'URL of the audio',
  read(element, findings) {
    warnOfChildren(element, findings);
    const { values } = readAttributes(element, playSpec.attributes, [], findings);
    const url = ownText(element);
    if (url === '' && values.digits === undefined) {
      findings.warn('Play', SCHEMA_WARNING, 'Play has neither a URL nor digits and was skipped');
      return undefined;
    }
    return { name: 'Play', url, ...values };
  },
};
