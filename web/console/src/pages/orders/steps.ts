import type { RouteLocationRaw } from 'vue-router'

export interface Row {
  label: string
  value?: string | null
  name?: string | null
  as?: 'promoter' | 'id' | 'time'
  to?: RouteLocationRaw
}
export interface Step {
  title: string
  tone?: 'good' | 'warn' | 'bad'
  rows?: Row[]
}
