import { attribute, readAttributes } from '../attribute-table';
import { integer } from '../attribute-types';
import { type ElementSpec } from '../element-spec';
import { warnOfChildren, warnOfText } from '../stray-content';

export interface PauseAttributes {
  /** Seconds. */
  readonly length: number;
}

export interface PauseVerb extends PauseAttributes {
  readonly name: 'Pause';
}

/** A day: no program means more, and it keeps timers inside their 32 bits of milliseconds. */
const MAX_LENGTH = 86_400;

/** Contract 5.3. */
export const pauseSpec: ElementSpec<PauseVerb, PauseAttributes> = {
  name: 'Pause',
  attributes: { length: attribute(integer(0, MAX_LENGTH), 1, 13910) },
  notYetAttributes: [],
  children: [],
  body: 'none',
  read(element, findings) {
    warnOfChildren(element, findings);
    warnOfText(element, findings);
    return { name: 'Pause', ...readAttributes(element, pauseSpec.attributes, [], findings).values };
  },
};
