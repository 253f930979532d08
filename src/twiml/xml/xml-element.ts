/** An element with its entities decoded. Text and CDATA are strings among the children, in document order. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly (XmlElement | string)[];
}

export const elementsOf = (element: XmlElement): XmlElement[] =>
  element.children.filter((child): child is XmlElement => typeof child !== 'string');

/** The element's own text (not that of its children) without surrounding white space. */
export const ownText = (element: XmlElement): string =>
  element.children.filter((child): child is string => typeof child === 'string').join('').trim();
