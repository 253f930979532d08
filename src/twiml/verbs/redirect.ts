import { attribute, readAttributes } from '../attribute-table';
import { httpMethod, type HttpMethod } from '../attribute-types';
import { type ElementSpec } from '../element-spec';
import { warnOfChildren } from '../stray-content';
import { ownText } from '../xml/xml-element';

export interface RedirectAttributes {
  readonly method: HttpMethod;
}

export interface RedirectVerb extends RedirectAttributes {
  readonly name: 'Redirect';
  /** Absolute or relative; `''` = the current document again. */
  readonly url: string;
}

/** Contract 5.4. */
export const redirectSpec: ElementSpec<RedirectVerb, RedirectAttributes> = {
  name: 'Redirect',
  attributes: { method: attribute(httpMethod, 'POST', 13710) },
  notYetAttributes: [],
  children: [],
  body: 'URL of the next document; empty = the current document again',
  read(element, findings) {
    warnOfChildren(element, findings);
    const { values } = readAttributes(element, redirectSpec.attributes, [], findings);
    return { name: 'Redirect', url: ownText(element), ...values };
  },
};
