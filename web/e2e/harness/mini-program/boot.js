// The host of a packed mini program in a plain browser: a module loader, pages in a stack, and stand-ins for `wx.*`.
// Tests drive it through window.host: what was called, what comes next from WeChat, the page that shows.
(() => {
  const { app, components, pageStyles, templates, modules } = window.__packed
  const element = (id) => document.getElementById(id)
  const loaded = {}
  const resolve = (from, to) => {
    if (modules[to]) return to
    const parts = from.split('/').slice(0, -1)
    for (const part of to.split('/')) {
      if (part === '..') parts.pop()
      else if (part !== '.' && part) parts.push(part)
    }
    const path = parts.join('/')
    return [path, `${path}.js`, `${path}/index.js`].find((p) => modules[p]) ?? path
  }
  /** Components define themselves while their module runs, in the engine's environment of just that component. */
  let defining = null
  const load = (name) => {
    if (loaded[name]) return loaded[name].exports
    if (!modules[name]) throw new Error(`there is no module ${name}`)
    const module = (loaded[name] = { exports: {} })
    const run = () => modules[name].call(module.exports, (to) => load(resolve(name, to)), module, module.exports)
    const component = name.replace(/\.js$/, '')
    if (!components[component]) run()
    else {
      space.componentEnv(component, (env) => {
        defining = env
        try {
          run()
        } finally {
          defining = null
        }
      })
    }
    return module.exports
  }

  const engine = load('glass-easel')
  const adapter = load('glass-easel-miniprogram-adapter')
  // Frameworks put their handlers on the instance instead of among its methods.
  engine.globalOptions.useMethodCallerListeners = true
  // In WeChat a handler's event owns its properties, and frameworks ask for that; here they would be inherited.
  const wrap = engine.Event.prototype.wrapShadowedEvent
  engine.Event.prototype.wrapShadowedEvent = function (...from) {
    return Object.assign(wrap.apply(this, from), { type: this.type, detail: this.detail, timeStamp: this.timeStamp })
  }
  const environment = new adapter.MiniProgramEnv()
  const space = environment.createCodeSpace('', true)
  for (const [path, config] of Object.entries(components)) {
    space.addComponentStaticConfig(path, config)
    space.addCompiledTemplate(path, { groupList: templates, content: templates[path] })
  }
  const context = new engine.CurrentWindowBackendContext()
  // A component may have the name of an element that HTML treats in its own way (img takes no children): a prefix tells
  // them apart.
  const named = new Set(Object.values(components).flatMap((c) => Object.keys(c.usingComponents ?? {})))
  context.document = {
    createElement: (tag) => document.createElement(named.has(tag) ? `c-${tag}` : tag),
    createTextNode: (text) => document.createTextNode(text),
    createDocumentFragment: () => document.createDocumentFragment(),
  }
  context.onEvent((target, type, detail, options) => {
    const event = new engine.Event(type, detail, options)
    engine.Event.dispatchEvent(target, event)
    return event.defaultPrevented() ? 1 : 0
  })
  const backend = environment.associateBackend(context)

  // Built-in elements, as far as pages of ours use them. The engine takes an event's own properties for its details.
  const tell = (node, type, detail) => node.dispatchEvent(Object.assign(new CustomEvent(type, { bubbles: false }), detail))
  for (const type of ['input', 'focus', 'blur']) {
    addEventListener(type, (e) => {
      if (e instanceof CustomEvent || e.target.tagName !== 'INPUT') return
      e.stopImmediatePropagation()
      tell(e.target, type, { value: e.target.value, cursor: e.target.value.length })
    }, true)
  }
  addEventListener('keydown', (e) => {
    if (e.key === 'Enter' && e.target.tagName === 'INPUT') tell(e.target, 'confirm', { value: e.target.value })
  }, true)
  addEventListener('click', (e) => {
    const button = e.target.closest?.('button[open-type=share]')
    if (button && !button.hasAttribute('disabled')) host.shared = host.page.onShareAppMessage({ from: 'button', target: {} })
  }, true)
  const draw = (image) => {
    const src = image.getAttribute('src')
    if (!src || image.drawn === src) return
    image.drawn = src
    const picture = new Image()
    picture.onload = () => {
      const fit = { aspectFit: 'contain', aspectFill: 'cover', widthFix: '100% auto' }[image.getAttribute('mode')] ?? '100% 100%'
      image.style.background = `center / ${fit} no-repeat url("${src}")`
      tell(image, 'load', { width: picture.naturalWidth, height: picture.naturalHeight })
    }
    picture.onerror = () => tell(image, 'error', { errMsg: 'the picture was not read' })
    picture.src = src
  }
  const attend = (node) => {
    if (node.tagName === 'IMAGE') draw(node)
    if (node.tagName !== 'INPUT') return
    node.type = node.hasAttribute('password') && node.getAttribute('password') !== 'false' ? 'password' : 'text'
    // Set once by a person, an element no longer follows its attribute.
    const value = node.getAttribute('value') ?? ''
    if (node.value !== value) node.value = value
  }
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      if (target.nodeType === 1) attend(target)
      for (const node of addedNodes) if (node.nodeType === 1) [node, ...node.querySelectorAll('image,input')].forEach(attend)
    }
  }).observe(element('root'), { subtree: true, childList: true, attributes: true, attributeFilter: ['src', 'value', 'password', 'mode'] })

  // Pages. Those below keep their state and stay in the document, hidden; tabs live as long as the program.
  let stack = []
  const tabPages = new Map()
  const tabs = app.tabBar?.list ?? []
  const isTab = (path) => tabs.some((t) => t.pagePath === path)
  const top = () => stack[stack.length - 1]
  const parse = (url) => {
    const [path, query = ''] = url.replace(/^\//, '').split('?')
    return { path, query: Object.fromEntries(query.split('&').filter(Boolean).map((p) => p.split('=')).map(([k, v = '']) => [k, v])) }
  }
  const make = (url) => {
    const { path, query } = parse(url)
    if (!app.pages.includes(path)) throw new Error(`there is no page ${path}`)
    const holder = document.createElement('div')
    const place = document.createElement('div')
    holder.append(place)
    element('root').append(holder)
    const root = backend.createRoot('wx-page', space, path)
    const page = root.getComponent().getMethodCaller()
    Object.assign(page, { route: path, options: query })
    return { path, query, holder, place, root, page, begun: false }
  }
  const show = (entry) => {
    for (const child of element('root').children) child.hidden = child !== entry.holder
    element('page-style').textContent = pageStyles[entry.path] ?? ''
    host.page = entry.page
    const look = { ...app.window, ...components[entry.path] }
    const own = look.navigationStyle === 'custom'
    element('bar').hidden = own
    element('bar').textContent = document.title = look.navigationBarTitleText ?? ''
    element('bar').style.cssText = own ? 'display:none' : `background:${look.navigationBarBackgroundColor};color:${look.navigationBarTextStyle}`
    element('tabs').style.display = isTab(entry.path) ? 'flex' : 'none'
    for (const child of element('tabs').children) child.style.color = child.dataset.path === entry.path ? app.tabBar.selectedColor : app.tabBar.color
    // As in WeChat: attached first, then told what it was opened with.
    if (!entry.begun) {
      entry.root.attach(entry.holder, entry.place)
      entry.page.onLoad?.(entry.query)
    }
    entry.page.onShow?.()
    if (!entry.begun) entry.page.onReady?.()
    entry.begun = true
    scrollTo(0, 0)
  }
  const drop = (entry) => {
    entry.page.onUnload?.()
    entry.root.detach?.()
    entry.holder.remove()
    tabPages.delete(entry.path)
  }
  const go = {
    navigateTo({ url }) {
      if (isTab(parse(url).path)) throw new Error('a tab is switched to')
      const entry = make(url)
      top()?.page.onHide?.()
      stack.push(entry)
      show(entry)
    },
    redirectTo({ url }) {
      const entry = make(url)
      const old = stack.pop()
      stack.push(entry)
      show(entry)
      if (old) drop(old)
    },
    reLaunch({ url }) {
      const old = new Set([...stack, ...tabPages.values()])
      tabPages.clear()
      const entry = make(url)
      if (isTab(entry.path)) tabPages.set(entry.path, entry)
      stack = [entry]
      for (const gone of old) drop(gone)
      if (isTab(entry.path)) tabPages.set(entry.path, entry)
      show(entry)
    },
    switchTab({ url }) {
      const { path } = parse(url)
      if (!isTab(path)) throw new Error(`${path} is no tab`)
      for (const gone of stack.filter((e) => !isTab(e.path))) drop(gone)
      if (top()?.path !== path) top()?.page.onHide?.()
      const entry = tabPages.get(path) ?? make(path)
      tabPages.set(path, entry)
      stack = [entry]
      show(entry)
    },
    navigateBack({ delta = 1 } = {}) {
      for (let i = 0; i < delta && stack.length > 1; i++) drop(stack.pop())
      show(top())
    },
  }
  for (const { pagePath, text } of tabs) {
    const tab = document.createElement('div')
    tab.textContent = text
    tab.dataset.path = pagePath
    tab.onclick = () => wx.switchTab({ url: pagePath })
    element('tabs').append(tab)
  }

  // WeChat. What a stand-in cannot do is missing, so that a page that needs it fails aloud.
  const [width, height] = [innerWidth, innerHeight]
  const system = {
    windowWidth: width, windowHeight: height, screenWidth: width, screenHeight: height, pixelRatio: devicePixelRatio, platform: 'devtools',
    SDKVersion: '3.8.12', statusBarHeight: 44, language: 'zh_CN', system: 'iOS 18.1', model: 'iPhone', brand: 'Apple', version: '8.0.54', theme: 'light',
    safeArea: { top: 44, bottom: height - 34, left: 0, right: width, width, height: height - 78 },
  }
  const launch = () => ({ path: app.pages[0], query: {}, scene: 1001, referrerInfo: {} })
  const answer = (options, result) => {
    options?.success?.(result)
    options?.complete?.(result)
  }
  const noted = (name, result = {}) => (options) => {
    host.calls.push([name, JSON.parse(JSON.stringify(options ?? {}))])
    answer(options, { errMsg: `${name}:ok`, ...result })
  }
  const host = (window.host = { calls: [], shared: null, page: null, scanned: '' })
  window.wx = {
    getSystemInfoSync: () => system, getWindowInfo: () => system, getDeviceInfo: () => system, getAppBaseInfo: () => system,
    getSystemSetting: () => system, getAppAuthorizeSetting: () => ({}), canIUse: () => true,
    getLaunchOptionsSync: launch, getEnterOptionsSync: launch, onAppShow() {}, onAppHide() {}, offAppShow() {}, preloadAssets() {},
    getAccountInfoSync: () => ({ miniProgram: { appId: 'touristappid', envVersion: 'develop' } }),
    getMenuButtonBoundingClientRect: () => ({ top: 48, height: 32, width: 87, left: width - 97, right: width - 10, bottom: 80 }),
    getStorageSync: (key) => JSON.parse(localStorage[key] ?? '""'),
    setStorageSync: (key, value) => { localStorage[key] = JSON.stringify(value) },
    removeStorageSync: (key) => localStorage.removeItem(key),
    setStorage: (o) => { localStorage[o.key] = JSON.stringify(o.data); answer(o, {}) },
    nextTick: (then) => Promise.resolve().then(then),
    // No rules of browsers about origins hold in a mini program: the test asks for it (harness/mini-program/open.mjs).
    request(o) {
      const body = o.data === undefined || o.method === 'GET' ? undefined : typeof o.data === 'string' ? o.data : JSON.stringify(o.data)
      void window.__request({ url: o.url, method: o.method ?? 'GET', headers: o.header ?? {}, body }).then((r) => {
        if (!r) return o.fail?.({ errMsg: 'request:fail' })
        let data = r.text
        try {
          data = JSON.parse(r.text)
        } catch {
          // Not everything is JSON.
        }
        answer(o, { statusCode: r.status, data, header: r.headers })
      })
      return { abort() {} }
    },
    // A code of the sandbox's WeChat, good for one sign-in.
    login: (o) => void window.__login().then((code) => answer(o, { code }), () => o.fail?.({ errMsg: 'login:fail' })),
    scanCode: (o) => (host.scanned ? answer(o, { result: host.scanned, path: host.scanned }) : o.fail?.({ errMsg: 'scanCode:fail cancel' })),
    setClipboardData: noted('setClipboardData'), navigateToMiniProgram: noted('navigateToMiniProgram'), showToast: noted('showToast'),
    previewImage: noted('previewImage'), saveImageToPhotosAlbum: noted('saveImageToPhotosAlbum'),
    downloadFile: noted('downloadFile', { statusCode: 200, tempFilePath: 'wxfile://tmp' }),
    setTabBarStyle: noted('setTabBarStyle'), setTabBarItem: noted('setTabBarItem'), setNavigationBarColor: noted('setNavigationBarColor'),
    setNavigationBarTitle: (o) => { element('bar').textContent = document.title = o.title; answer(o, {}) },
    stopPullDownRefresh: noted('stopPullDownRefresh'), showShareMenu: noted('showShareMenu'), hideShareMenu: noted('hideShareMenu'),
    showModal: (o) => { host.calls.push(['showModal', { title: o.title, content: o.content }]); answer(o, { confirm: true, cancel: false }) },
    pageScrollTo: (o) => { scrollTo(0, o.scrollTop ?? 0); answer(o, {}) },
    createSelectorQuery() {
      const query = { exec: (then) => setTimeout(() => then?.([{ left: 0, top: 0, width: 90, height: 40, right: 90, bottom: 40 }])) }
      for (const name of ['in', 'select', 'selectAll', 'selectViewport', 'boundingClientRect', 'scrollOffset', 'fields']) query[name] = () => query
      return query
    },
  }
  for (const [name, move] of Object.entries(go)) {
    wx[name] = (options = {}) => {
      move(options)
      answer(options, { errMsg: `${name}:ok` })
    }
  }
  let instance = {}
  window.App = (options) => {
    instance = options
    options.onLaunch?.(launch())
    options.onShow?.(launch())
  }
  // Frameworks put wrappers of their own around these three: what is beneath stays the same for all components.
  for (const name of ['Component', 'Page', 'Behavior']) window[name] = (options) => (defining ? defining[name](options) : options)
  Object.assign(window, { global: window, getApp: () => instance, getCurrentPages: () => stack.map((e) => e.page) })

  load('app.js')
  for (const path of Object.keys(components)) if (modules[`${path}.js`]) load(`${path}.js`)
  wx.reLaunch({ url: location.hash.slice(1) || app.pages[0] })
})()
