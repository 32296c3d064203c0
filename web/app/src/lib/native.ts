// On H5 the browser's own elements: uni-app's imitations of these weigh 12 KB and no screen reader knows them.

import { h, type FunctionalComponent } from 'vue'

const own = (tag: string): FunctionalComponent<Record<string, unknown>> => {
  const element: FunctionalComponent<Record<string, unknown>> = (_, { attrs, slots }) => h(tag, attrs, slots.default?.())
  // Everything is an attribute or a listener of the element.
  element.inheritAttrs = false
  return element
}
export const NativeButton = own('button')
export const NativeInput = own('input')
export const NativeImage = own('img')
