import { readAttributes } from '../attribute-table';
import { type ElementSpec } from '../element-spec';
import { warnOfChildren, warnOfText } from '../stray-content';

export interface HangupVerb {
  readonly name: 'Hangup';
}

/** Contract 5.5. Its Parameter children only mean something to calls between applications, which we do not make. */
export const hangupSpec: ElementSpec<HangupVerb, object> = {
  name: 'Hangup',
  attributes: {},
  notYetAttributes: [],
  children: [],
  body: 'none',
  read(element, findings) {
    readAttributes(element, hangupSpec.attributes, [], findings);
    warnOfChildren(element, findings);
    warnOfText(element, findings);
    return { name: 'Hangup' };
  },
};
