// Which program this is, and where its server answers.

function fromAddress(): string {
  let code = ''
  // #ifdef H5
  // /app/{program}/#/pages/…
  code = decodeURIComponent(location.pathname.split('/')[2] ?? '')
  // #endif
  return code
}

export const programCode: string = __COMPILED__.code || fromAddress()

/** Empty on H5: the page and the API share a host. */
export const server: string = __COMPILED__.server

/** What goes into chats must carry a host. */
export function origin(): string {
  let own = server
  // #ifdef H5
  own = location.origin
  // #endif
  return own
}

export const picture = (product: string, width: 200 | 400 | 800 = 400): string =>
  `${server}/pic/${encodeURIComponent(product)}?w=${width}`
