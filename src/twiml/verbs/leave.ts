import { readAttributes } from '../attribute-table';
import { type ElementSpec } from '../element-spec';
import { warnOfChildren, warnOfText } from '../stray-content';

export interface LeaveVerb {
  readonly name: 'Leave';
}

/** Contract 6.5: no attributes, no body; only means something in a wait document. */
export const leaveSpec: ElementSpec<LeaveVerb, object> = {
  name: 'Leave',
  attributes: {},
  notYetAttributes: [],
  children: [],
  body: 'none',
  read(element, findings) {
    readAttributes(element, leaveSpec.attributes, [], findings);
    warnOfChildren(element, findings);
    warnOfText(element, findings);
    return { name: 'Leave' };
  },
};
