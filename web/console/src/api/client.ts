import createClient from 'openapi-fetch'
import type { Api } from './contract'
import { Refused, unreachable, type Problem } from './problem'

/** Of the browser session; every change carries it. */
let csrf = ''
export const setCsrf = (token: string | null | undefined) => { csrf = token ?? '' }

/** What happens when the server says that nobody is signed in; the session's module sets it. */
let signedOut: () => void = () => {}
export const onSignedOut = (then: () => void) => { signedOut = then }

const SECONDS = 30

async function send(request: Request): Promise<Response> {
  const changes = request.method !== 'GET' && request.method !== 'HEAD'
  if (changes) request.headers.set('x-csrf-token', csrf)
  try {
    return await fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(SECONDS * 1000)]) })
  } catch (cause) {
    if (request.signal.aborted) throw cause
    throw unreachable(cause)
  }
}

async function refusal(response: Response): Promise<Refused> {
  const body: unknown = await response.json().catch(() => null)
  const known = typeof body === 'object' && body !== null && 'code' in body
  const problem: Problem = known
    ? (body as Problem)
    : { code: 'server.error', status: response.status, title: response.statusText, detail: '', instance: '', type: '' }
  return new Refused(problem)
}

async function answer(request: Request): Promise<Response> {
  // Another tab may have signed in again: then the token of this one is of the session before.
  const spare = request.method === 'GET' ? null : request.clone()
  let response = await send(request)
  if (response.ok) return response
  let refused = await refusal(response)
  if (spare && refused.problem.code === 'session.csrf') {
    const me = await fetch('/api/v1/me')
    if (me.ok) {
      setCsrf(((await me.json()) as { csrf?: string }).csrf)
      response = await send(spare)
      if (response.ok) return response
      refused = await refusal(response)
    }
  }
  if (refused.problem.code === 'session.required') signedOut()
  throw refused
}

/** The typed client: wrong paths, parameters and fields fail the type check. It throws [`Refused`]. */
export const api = createClient<Api>({ baseUrl: '', fetch: answer })

/** The body of an answer. */
export async function of<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T
}
