/// <reference types="vite/client" />
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}
/** What a mini program is compiled for; empty on H5, which reads its program from the address. */
declare const __COMPILED__: { code: string; name: string; colour: string; server: string }
/** Made by uni-app on H5. */
declare const __uniConfig: { router: { routerBase: string } }
