// Texts of invites as people pass them on.

/** The code in a link, a scanned poster or what was typed: its alphabet has no look-alikes. */
export function inviteCode(text: string): string {
  const linked = /\/i\/([2-9A-Za-z]{6,12})/.exec(text) ?? /[?&]code=([2-9A-Za-z]{6,12})/.exec(text)
  return (linked ? linked[1] : text).toUpperCase().replace(/[^0-9A-Z]/g, '')
}
