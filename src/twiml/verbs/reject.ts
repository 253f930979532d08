import { attribute, readAttributes } from '../attribute-table';
import { oneOf } from '../attribute-types';
import { type ElementSpec } from '../element-spec';
import { warnOfChildren, warnOfText } from '../stray-content';

export interface RejectAttributes {
  /** `busy` is answered with SIP 486, `rejected` as a number not in service. */
  readonly reason: 'rejected' | 'busy';
}

export interface RejectVerb extends RejectAttributes {
  readonly name: 'Reject';
}

/** Contract 5.6. */
export const rejectSpec: ElementSpec<RejectVerb, RejectAttributes> = {
  name: 'Reject',
  attributes: { reason: attribute(oneOf('rejected', 'busy'), 'rejected') },
  notYetAttributes: [],
  children: [],
  body: 'none',
  read(element, findings) {
    warnOfChildren(element, findings);
    warnOfText(element, findings);
    return { name: 'Reject', ...readAttributes(element, rejectSpec.attributes, [], findings).values };
  },
};
