/// <reference types="vite/client" />
import 'vue-router'
import type { Word } from '@/words'
import type { Right } from '@/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** In the browser's tab and above the page. */
    title?: Word
    /** `one`: the page is of one program; `any`: of one or of all; absent: above programs. */
    program?: 'one' | 'any'
    /** Staff without it are told so instead of seeing an empty page. */
    right?: Right
    /** Without the shell, also for people who are not signed in. */
    bare?: boolean
  }
}
