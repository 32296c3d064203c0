// What people do wrong, and what goes wrong around them: a clear sentence in Chinese, nothing lost, nothing run.

import assert from 'node:assert/strict'
import { app, field, fill, on, signIn } from '../harness/app.mjs'
import { goods, inviteCode, newcomer, owner, person, PROGRAM, Person, promoter, Refused, server, signs, unique, until } from '../harness/api.mjs'
import { enter, settled } from '../harness/console.mjs'
import { scene, test } from '../harness/scene.mjs'

/** Ends the session of a browser on the server, behind its back: the cookie stays, as when time has passed. */
async function expire(page) {
  const cookie = (await page.context().cookies(server)).map((c) => `${c.name}=${c.value}`).join('; ')
  const { csrf } = await (await fetch(`${server}/api/v1/me`, { headers: { cookie } })).json()
  const ended = await fetch(`${server}/api/v1/session`, { method: 'DELETE', headers: { cookie, 'x-csrf-token': csrf } })
  assert.ok(ended.ok, `the session was not ended: ${ended.status}`)
}

/** How often a browser sends this. */
function count(page, method, path) {
  const sent = []
  page.on('request', (r) => {
    if (r.method() === method && path.test(r.url())) sent.push(r)
  })
  return sent
}

const communities = async (who) => (await who.api.get(`/programs/${PROGRAM}/communities`)).items
const joinForm = { nickname: '小李', name: '13912345678', 'new-password': 'a-good-password', again: 'a-good-password' }

scene('a wrong, a used-up and a suspended inviter’s code are told apart, and what was typed stays', async (s) => {
  const admin = await owner()
  const used = await inviteCode({ quota: 1 })
  await promoter({ code: used })
  const inviter = await promoter()
  const { code: stopped } = await inviter.api.post(`/programs/${PROGRAM}/invite-codes`)
  await admin.post(`/programs/${PROGRAM}/promoters/${inviter.id}/suspend`, { reason: '测试：邀请人停用' })
  const page = await s.open({ phone: true })
  await page.goto(app('pages/join/index'))
  await fill(page, joinForm)
  for (const [code, words] of [['22222222', '没有这个邀请码'], [used, '名额已用完'], [stopped, '邀请人的资格已被暂停']]) {
    await fill(page, { code })
    await on(page, 'error-code').filter({ hasText: words }).waitFor()
    await on(page, 'next').tap()
    await on(page, 'field-nickname').first().waitFor()
    assert.equal(await on(page, 'rules-text').count(), 0, `${code} was let through`)
  }
  assert.equal(await field(page, 'nickname').inputValue(), '小李')
  await s.shot(page, 'codes')

  // The last place is taken while the form is filled in: the server has the last word.
  const last = await inviteCode({ quota: 1 })
  await fill(page, { code: last, name: newcomer().name })
  await on(page, 'inviter').waitFor()
  await on(page, 'next').tap()
  await promoter({ code: last })
  s.allow(409, /\/join$/)
  s.allow(410, /\/join$/)
  await on(page, 'agree').tap()
  await on(page, 'join').tap()
  await on(page, 'error-code').filter({ hasText: '名额已用完' }).waitFor()
  assert.equal(await field(page, 'nickname').inputValue(), '小李')
})

scene('a suspended promoter is told so and why, keeps what was earned, and cannot share', async (s) => {
  const who = await promoter()
  const [product] = await goods()
  const page = await s.open({ phone: true })
  await signIn(page, who)
  await (await owner()).post(`/programs/${PROGRAM}/promoters/${who.id}/suspend`, { reason: '疑似刷单，核查中' })
  s.allow(403, /\/links$/)
  await page.goto(app(`pages/product/index?n=${product.product}`))
  await on(page, 'share').tap()
  await on(page, 'share-refused').filter({ hasText: '资格已被暂停' }).waitFor()
  await page.reload()
  await on(page, 'suspended').filter({ hasText: '疑似刷单，核查中' }).waitFor()
  await s.shot(page, 'suspended')
  await page.goto(app('pages/earnings/index'))
  await on(page, 'sums').waitFor()
})

scene('the session ends in the middle of a form of the app: after signing in again the form is as it was', async (s) => {
  const who = await promoter()
  const page = await s.open({ phone: true })
  await signIn(page, who, 'pages/communities/index')
  await on(page, 'new-community').tap()
  await fill(page, { 'community-name': '过期也不丢的群', members: '99', city: '阜阳' })
  await expire(page)
  s.allow(401, /^\/api\/v1\//)
  await on(page, 'save-community').tap()
  await on(page, 'signin').waitFor()
  await on(page, 'toast').filter({ hasText: '登录已过期' }).waitFor()
  await s.shot(page, 'expired')
  await fill(page, { name: who.name, password: who.password })
  await on(page, 'signin').tap()
  await on(page, 'save-community').waitFor()
  assert.equal(await field(page, 'community-name').inputValue(), '过期也不丢的群')
  assert.equal(await field(page, 'city').inputValue(), '阜阳')
  await on(page, 'save-community').tap()
  await page.getByText('过期也不丢的群').locator('visible=true').first().waitFor()
  assert.equal((await communities(who)).length, 1)
})

scene('the session ends in the middle of a form of the console: the same', async (s) => {
  const code = `e2e-${unique(3)}`
  const page = await s.open()
  await enter(page, '/programs/new')
  await page.locator('label.preset').last().click()
  await page.getByLabel('名称').fill('过期也不丢的计划')
  await page.getByLabel('代号').fill(code)
  await page.getByLabel('面向人群').fill('写了很久的一段话')
  await expire(page)
  s.allow(401, /^\/api\/v1\//)
  await page.getByRole('button', { name: '创建草稿' }).click()
  await page.getByText('登录已过期。请重新登录').waitFor()
  await s.shot(page, 'expired-console')
  await page.getByLabel('用户名').fill(signs.owner.name)
  await page.getByLabel('密码', { exact: true }).fill(signs.owner.password)
  await page.getByRole('button', { name: '登录', exact: true }).click()
  await page.waitForURL(/\/programs\/new/)
  await settled(page)
  assert.equal(await page.getByLabel('面向人群').inputValue(), '写了很久的一段话')
  assert.equal(await page.getByLabel('代号').inputValue(), code)
  await page.getByRole('button', { name: '创建草稿' }).click()
  await page.waitForURL(new RegExp(`/programs/${code}`))
})

scene('a second press while the first is on its way sends nothing: one community, one program', async (s) => {
  const who = await promoter()
  const phone = await s.open({ phone: true })
  await signIn(phone, who, 'pages/communities/index')
  await on(phone, 'new-community').tap()
  await fill(phone, { 'community-name': '只建一个', members: '10' })
  const slowly = async (route) => {
    await new Promise((ok) => setTimeout(ok, 600))
    await route.continue()
  }
  await phone.route(/\/communities$/, (route) => (route.request().method() === 'POST' ? slowly(route) : route.continue()))
  const sent = count(phone, 'POST', /\/communities$/)
  const save = on(phone, 'save-community')
  await save.dispatchEvent('click')
  await save.dispatchEvent('click')
  await save.dispatchEvent('click')
  await until('the community', async () => (await communities(who)).length)
  await phone.waitForTimeout(800)
  assert.equal(sent.length, 1)
  assert.equal((await communities(who)).length, 1)

  const code = `e2e-${unique(3)}`
  const desk = await s.open()
  await enter(desk, '/programs/new')
  await desk.locator('label.preset').last().click()
  await desk.getByLabel('名称').fill('只建一个')
  await desk.getByLabel('代号').fill(code)
  await desk.route(/\/api\/v1\/programs$/, (route) => (route.request().method() === 'POST' ? slowly(route) : route.continue()))
  const made = count(desk, 'POST', /\/api\/v1\/programs$/)
  await desk.getByRole('button', { name: '创建草稿' }).dblclick()
  await desk.keyboard.press('Enter')
  await desk.waitForURL(new RegExp(`/programs/${code}`))
  assert.equal(made.length, 1)
})

test('joining twice at the same moment makes one person', async () => {
  const who = newcomer()
  const code = await inviteCode()
  const { rules } = await new Person().get(`/public/programs/${PROGRAM}`)
  const body = { name: who.name, password: who.password, display_name: who.nickname, invite_code: code, rules_version: rules?.version }
  const tries = await Promise.allSettled([1, 2, 3].map(() => new Person().post(`/programs/${PROGRAM}/join`, body)))
  assert.equal(tries.filter((t) => t.status === 'fulfilled').length, 1)
  for (const { reason } of tries.filter((t) => t.status === 'rejected')) {
    assert.ok(reason instanceof Refused && reason.code === 'persons.name_taken', String(reason))
  }
  const known = (await (await owner()).get(`/programs/${PROGRAM}/invite-codes?limit=100`)).items.find((c) => c.code === code)
  assert.equal(known.used, 1, 'the code was used up by refused tries')
})

scene('two tabs of the console change the same program: the second is told, and loses nothing', async (s) => {
  const code = `e2e-${unique(3)}`
  await (await owner()).post('/programs', { code, name: '两个标签页', audience: '' })
  const one = await s.open()
  await enter(one, `/programs/${code}`)
  const two = await one.context().newPage()
  await two.goto(`${server}/console/programs/${code}`)
  await settled(two)
  await two.getByLabel('面向人群').fill('第二个标签页写的')
  await one.getByLabel('名称').fill('第一个标签页改的名')
  await one.getByRole('button', { name: '保存', exact: true }).click()
  await until('the first is saved', async () => (await (await owner()).get(`/programs/${code}`)).name === '第一个标签页改的名')
  s.allow(409, /\/programs\//)
  s.allow(412, /\/programs\//)
  await two.getByRole('button', { name: '保存', exact: true }).click()
  await two.getByText('别人刚刚改过').waitFor()
  assert.equal(await two.getByLabel('面向人群').inputValue(), '第二个标签页写的')
  await s.shot(two, 'two-tabs')
  await two.getByRole('button', { name: '载入最新并合并' }).click()
  await until('the newest is here', async () => (await two.getByLabel('名称').inputValue()) === '第一个标签页改的名')
  await two.getByRole('button', { name: '保存', exact: true }).click()
  await until('both changes', async () => {
    const now = await (await owner()).get(`/programs/${code}`)
    return now.name === '第一个标签页改的名' && now.audience === '第二个标签页写的'
  })
})

scene('somebody else signs in in another tab of the app: nothing of the first stays on the screen', async (s) => {
  const [first, second] = [await promoter({ nickname: '第一位' }), await promoter({ nickname: '第二位' })]
  const one = await s.open({ phone: true })
  await signIn(one, first, 'pages/me/index')
  await on(one, 'my-name').filter({ hasText: '第一位' }).waitFor()
  const two = await one.context().newPage()
  await two.goto(app('pages/me/index'))
  await on(two, 'sign-out').tap()
  await on(two, 'ask-yes').or(two.locator('.uni-modal__btn_primary')).first().tap()
  await on(two, 'signin').waitFor()
  await one.bringToFront()
  await on(one, 'signin').waitFor()
  await two.bringToFront()
  await fill(two, { name: second.name, password: second.password })
  await on(two, 'signin').tap()
  await on(two, 'my-name').filter({ hasText: '第二位' }).waitFor()
  await one.bringToFront()
  await one.goto(app('pages/me/index'))
  await one.reload()
  await on(one, 'my-name').filter({ hasText: '第二位' }).waitFor()
  assert.ok(!(await one.locator('body').innerText()).includes('第一位'))
})

scene('the network is lost in the middle of a form: it says so, keeps everything, and works once it is back', async (s) => {
  const who = await promoter()
  const phone = await s.open({ phone: true })
  await signIn(phone, who, 'pages/communities/index')
  await on(phone, 'new-community').tap()
  await fill(phone, { 'community-name': '断网也不丢', members: '12' })
  s.allow('offline', /^\//)
  await phone.context().setOffline(true)
  await on(phone, 'save-community').tap()
  await on(phone, 'said').filter({ hasText: '网络不通' }).waitFor()
  assert.equal(await field(phone, 'community-name').inputValue(), '断网也不丢')
  await s.shot(phone, 'offline')
  await phone.context().setOffline(false)
  await on(phone, 'save-community').tap()
  await phone.getByText('断网也不丢').locator('visible=true').first().waitFor()
  assert.equal((await communities(who)).length, 1)

  const code = `e2e-${unique(3)}`
  const desk = await s.open()
  await enter(desk, '/programs/new')
  await desk.locator('label.preset').last().click()
  await desk.getByLabel('名称').fill('断网也不丢')
  await desk.getByLabel('代号').fill(code)
  await desk.context().setOffline(true)
  await desk.getByRole('button', { name: '创建草稿' }).click()
  await desk.getByText('连不上服务器').first().waitFor()
  assert.equal(await desk.getByLabel('代号').inputValue(), code)
  await s.shot(desk, 'offline-console')
  await desk.context().setOffline(false)
  await desk.getByRole('button', { name: '创建草稿' }).click()
  await desk.waitForURL(new RegExp(`/programs/${code}`))
})

scene('names of 10,000 characters are refused with a sentence, everywhere', async (s) => {
  const long = '长'.repeat(10_000)
  const who = await promoter()
  await assert.rejects(who.api.post(`/programs/${PROGRAM}/communities`, { name: long, member_count: 1, city: '' }), (e) => e.status === 422 && e.problem.fields.some((f) => f.field === 'name'))
  const phone = await s.open({ phone: true })
  await signIn(phone, who, 'pages/communities/index')
  await on(phone, 'new-community').tap()
  await fill(phone, { 'community-name': long, members: '5' })
  await on(phone, 'error-community-name').filter({ hasText: '最多 40 个字，多了 9960 个' }).waitFor()
  await on(phone, 'save-community').tap()
  assert.equal((await communities(who)).length, 0)
  assert.equal((await field(phone, 'community-name').inputValue()).length, 10_000, 'what was typed is gone')
  await s.shot(phone, 'long')

  const guest = await s.open({ phone: true })
  await guest.goto(app('pages/join/index'))
  await fill(guest, { nickname: long })
  await on(guest, 'error-nickname').filter({ hasText: '最多 30 个字' }).waitFor()

  const desk = await s.open()
  await enter(desk, '/programs/new')
  await desk.locator('label.preset').last().click()
  await desk.getByLabel('代号').fill(`e2e-${unique(3)}`)
  await desk.getByLabel('名称').fill(long)
  await desk.getByText(/最多 40 个/).waitFor()
  assert.ok(await desk.getByRole('button', { name: '创建草稿' }).isDisabled())
  await s.shot(desk, 'long-console')
})

scene('a script in a nickname and in a community’s name is text in app and console', async (s) => {
  const name = '<img src=x onerror=alert(1)>'
  const group = '<script>alert(2)</script>群'
  const who = await promoter({ nickname: name })
  await who.api.post(`/programs/${PROGRAM}/communities`, { name: group, member_count: 3, city: '' })
  const { code } = await who.api.post(`/programs/${PROGRAM}/invite-codes`)
  const run = (page) => page.on('dialog', () => s.trouble.push('what somebody typed was run'))
  const shows = async (page, words) => {
    await page.getByText(words).locator('visible=true').first().waitFor()
    assert.equal(await page.locator('img[src="x"]').count(), 0)
  }
  const phone = await s.open({ phone: true })
  run(phone)
  await signIn(phone, who, 'pages/me/index')
  await shows(phone, name)
  await phone.goto(app('pages/communities/index'))
  await shows(phone, group)
  const guest = await s.open({ phone: true })
  run(guest)
  await guest.goto(app(`pages/join/index?code=${code}`))
  await shows(guest, name)
  const desk = await s.open()
  run(desk)
  await enter(desk, `/promoters?program=${PROGRAM}`)
  await shows(desk, name)
  await desk.goto(`${server}/console/promoters/${who.id}?program=${PROGRAM}`)
  await settled(desk)
  await shows(desk, name)
  await desk.goto(`${server}/console/communities?program=${PROGRAM}`)
  await settled(desk)
  await shows(desk, group)
  await s.shot(desk, 'script')
})
