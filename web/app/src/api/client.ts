// One typed call for H5 and mini program, checked against the server's OpenAPI document at compile time.

import type { components, paths } from './openapi'
import { programCode, server } from '@/lib/program'

export type Schema = components['schemas']
export type Product = Schema['ProductBody']
export type Order = Schema['OrderBody']
type Method = 'get' | 'post' | 'patch' | 'delete'
type Op<M extends Method, P extends keyof paths> = paths[P] extends { [K in M]: infer O } ? O : never
/** Paths that answer to a method, without the prefix that they share. */
type Of<M extends Method> = {
  [P in keyof paths]: P extends `/api/v1${infer R}` ? ([Op<M, P>] extends [never] ? never : Op<M, P> extends undefined ? never : R) : never
}[keyof paths]
type Full<R extends string> = `/api/v1${R}` & keyof paths
type Ok<O> = O extends { responses: { 200: { content: { 'application/json': infer R } } } } ? R
  : O extends { responses: { 201: { content: { 'application/json': infer R } } } } ? R : void
type Body<O> = O extends { requestBody: { content: { 'application/json': infer B } } } ? { body: B } : { body?: undefined }
/** The program is filled in where the caller does not name another. */
type PathOf<O> = O extends { parameters: { path: infer X } }
  ? Omit<X, 'program'> extends infer Y ? keyof Y extends never ? { path?: { program?: string } } : { path: Y & { program?: string } } : never
  : { path?: undefined }
type QueryOf<O> = O extends { parameters: { query?: infer Q } } ? { query?: Q } : object
type Options<M extends Method, R extends string> = PathOf<Op<M, Full<R>>> & QueryOf<Op<M, Full<R>>> & Body<Op<M, Full<R>>>
type Args<T> = Partial<T> extends T ? [options?: T] : [options: T]

export interface FieldProblem { field: string; message: string }

/** What the server refused, or that it could not be asked (`network`, status 0). */
export class Problem extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly detail: string = '',
    readonly fields: FieldProblem[] = [],
  ) {
    super(code)
  }
}

/** Of the running session. A browser keeps its cookie by itself; a mini program sends the token. */
export const auth = { csrf: '', token: '' }

/** Set by the session, which knows what to do then. */
export const hooks = {
  expired: (): void => {},
  /** Whether the call may be tried again: the csrf token was renewed for the same person. */
  renew: async (): Promise<boolean> => false,
}

const TIMEOUT = 20_000

interface Answer { status: number; data: unknown }

async function ask(method: string, url: string, header: Record<string, string>, body: unknown): Promise<Answer> {
  // #ifdef H5
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), TIMEOUT)
  try {
    const answer = await fetch(url, { method, headers: header, body: body === undefined ? undefined : JSON.stringify(body), signal: over.signal, credentials: 'same-origin' })
    const text = await answer.text()
    return { status: answer.status, data: /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : text }
  } catch {
    throw new Problem('network', 0)
  } finally {
    clearTimeout(timer)
  }
  // #endif
  // #ifdef MP-WEIXIN
  return new Promise((ok, no) =>
    uni.request({
      url,
      // The types of uni lack PATCH, which WeChat sends.
      method: method as 'GET',
      data: body as object,
      header: { ...header, 'x-session': 'token' },
      timeout: TIMEOUT,
      success: ({ statusCode, data }) => ok({ status: statusCode, data }),
      fail: () => no(new Problem('network', 0)),
    }),
  )
  // #endif
}

async function send(method: string, url: string, body: unknown): Promise<unknown> {
  const header: Record<string, string> = {}
  if (body !== undefined) header['content-type'] = 'application/json'
  if (auth.token) header.authorization = `Bearer ${auth.token}`
  if (method !== 'GET' && auth.csrf) header['x-csrf-token'] = auth.csrf
  const { status, data } = await ask(method, url, header, body)
  if (status >= 200 && status < 300) return data
  const said = (typeof data === 'object' && data ? data : {}) as Partial<Schema['ProblemBody']>
  throw new Problem(said.code ?? `http.${status}`, status, said.detail, said.fields ?? [])
}

type Sent = { path?: object; query?: object; body?: unknown } | undefined

async function call(method: Method, path: string, options: Sent = {}): Promise<unknown> {
  const named: Record<string, unknown> = { program: programCode, ...options.path }
  const query = Object.entries(options.query ?? {})
    .filter(([, v]) => v !== undefined && v !== null && v !== '')
    .map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`)
  let url = `${server}/api/v1` + path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(named[name])))
  if (query.length) url += '?' + query.join('&')
  const go = () => send(method.toUpperCase(), url, options.body)
  try {
    return await go()
  } catch (e) {
    const problem = e as Problem
    if (problem.code === 'session.csrf' && (await hooks.renew())) return go()
    if (problem.code === 'session.required') hooks.expired()
    throw problem
  }
}

export const get = <R extends Of<'get'>>(path: R, ...[options]: Args<Options<'get', R>>) =>
  call('get', path, options as Sent) as Promise<Ok<Op<'get', Full<R>>>>
export const post = <R extends Of<'post'>>(path: R, ...[options]: Args<Options<'post', R>>) =>
  call('post', path, options as Sent) as Promise<Ok<Op<'post', Full<R>>>>
export const patch = <R extends Of<'patch'>>(path: R, ...[options]: Args<Options<'patch', R>>) =>
  call('patch', path, options as Sent) as Promise<Ok<Op<'patch', Full<R>>>>
export const del = <R extends Of<'delete'>>(path: R, ...[options]: Args<Options<'delete', R>>) =>
  call('delete', path, options as Sent) as Promise<Ok<Op<'delete', Full<R>>>>
