/** Parameters of a request; a list is sent as a repeated key. */
export type WebhookParams = Readonly<Record<string, string | readonly string[]>>;

/** `application/x-www-form-urlencoded`, spaces as `+`, in the order given. */
export function encodeParams(params: WebhookParams): string {
  const form = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    for (const one of typeof value === 'string' ? [value] : value) form.append(key, one);
  }
  return form.toString();
}
