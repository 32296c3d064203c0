import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { ALL, everywhere, resume, session } from './session'

// One line for each page. See README.md for how a page is added.
const routes: RouteRecordRaw[] = [
  { path: '/', component: () => import('./pages/reports/Board.vue'), meta: { title: 'board.title', program: 'any', right: 'Read' } },
  { path: '/products', component: () => import('./pages/catalog/Products.vue'), meta: { title: 'products.title', program: 'one', right: 'Read' } },
  { path: '/products/:product', component: () => import('./pages/catalog/Product.vue'), meta: { title: 'products.one', program: 'one', right: 'Read' } },
  { path: '/promoters', component: () => import('./pages/promoters/Promoters.vue'), meta: { title: 'promoters.title', program: 'one', right: 'Read' } },
  { path: '/promoters/:promoter', component: () => import('./pages/promoters/Promoter.vue'), meta: { title: 'promoters.one', program: 'one', right: 'Read' } },
  { path: '/communities', component: () => import('./pages/communities/CommunityList.vue'), meta: { title: 'communities.title', program: 'one', right: 'Read' } },
  { path: '/links', component: () => import('./pages/links/LinkList.vue'), meta: { title: 'links.title', program: 'one', right: 'Read' } },
  { path: '/clicks', component: () => import('./pages/links/Clicks.vue'), meta: { title: 'clicks.title', program: 'one', right: 'Read' } },
  { path: '/invite-codes', component: () => import('./pages/promoters/InviteList.vue'), meta: { title: 'invites.title', program: 'one', right: 'Read' } },
  { path: '/roster', component: () => import('./pages/programs/Roster.vue'), meta: { title: 'roster.title', program: 'one', right: 'Read' } },
  { path: '/orders', component: () => import('./pages/orders/Orders.vue'), meta: { title: 'orders.title', program: 'one', right: 'Read' } },
  { path: '/orders/unassigned', component: () => import('./pages/orders/Unassigned.vue'), meta: { title: 'orders.unassigned', right: 'ManageOrders' } },
  { path: '/orders/:order', component: () => import('./pages/orders/Order.vue'), meta: { title: 'orders.one', program: 'any', right: 'Read' } },
  { path: '/ledger', component: () => import('./pages/ledger/Balances.vue'), meta: { title: 'ledger.title', program: 'any', right: 'ReadLedger' } },
  { path: '/ledger/transactions', component: () => import('./pages/ledger/Transactions.vue'), meta: { title: 'ledger.transactions', program: 'one', right: 'ReadLedger' } },
  { path: '/ledger/verify', component: () => import('./pages/ledger/VerifyPage.vue'), meta: { title: 'verify.title', right: 'ReadLedger' } },
  { path: '/ledger/accounts', component: () => import('./pages/ledger/Accounts.vue'), meta: { title: 'ledger.accounts', right: 'ReadLedger' } },
  { path: '/programs', component: () => import('./pages/programs/Programs.vue'), meta: { title: 'programs.title' } },
  { path: '/programs/new', component: () => import('./pages/programs/NewProgram.vue'), meta: { title: 'programs.new', right: 'ManagePrograms' } },
  { path: '/programs/:program', component: () => import('./pages/programs/Program.vue'), meta: { title: 'programs.title' } },
  // As the inbox names them.
  { path: '/programs/:program/:tab', redirect: (to) => ({ path: `/programs/${String(to.params.program)}`, query: { tab: String(to.params.tab) } }) },
  { path: '/union-accounts', component: () => import('./pages/programs/UnionAccounts.vue'), meta: { title: 'unions.title', right: 'Read' } },
  { path: '/inbox', component: () => import('./pages/operate/Inbox.vue'), meta: { title: 'inbox.title', program: 'any', right: 'Operate' } },
  { path: '/health', component: () => import('./pages/operate/Health.vue'), meta: { title: 'health.title', right: 'Operate' } },
  { path: '/jobs', component: () => import('./pages/operate/Jobs.vue'), meta: { title: 'jobs.title', right: 'Operate' } },
  { path: '/staff', component: () => import('./pages/staff/Staff.vue'), meta: { title: 'staff.title', program: 'any', right: 'ManageStaff' } },
  { path: '/audit', component: () => import('./pages/audit/Audit.vue'), meta: { title: 'audit.title', program: 'any', right: 'ManageStaff' } },
  { path: '/tokens', component: () => import('./pages/persons/Tokens.vue'), meta: { title: 'tokens.title' } },
  { path: '/sign-in', component: () => import('./pages/persons/SignIn.vue'), meta: { title: 'signIn.title', bare: true } },
  { path: '/:rest(.*)*', component: () => import('./pages/NotFound.vue'), meta: { title: 'notFound.title' } },
]

export const router = createRouter({
  history: createWebHistory('/console/'),
  routes,
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
})

router.beforeEach(async (to) => {
  try {
    await resume()
  } catch {
    // No answer: the shell says so and offers to try again.
    return true
  }
  if (!session.person) return to.meta.bare ? true : { path: '/sign-in', query: { back: to.fullPath } }
  // The program is part of the address, so that a link shows a colleague the same.
  // Who has no role is shown that, whatever the page.
  if (!to.meta.program || !session.grants.length) return true
  const asked = to.query.program
  if (asked === ALL ? everywhere.value : session.programs.some((p) => p.code === asked)) return true
  const usual = session.program ?? (everywhere.value ? ALL : undefined)
  return usual === undefined ? true : { ...to, query: { ...to.query, program: usual }, replace: true }
})

router.afterEach((to) => {
  // Before the page is made, after the one before has gone: no page sees its program change.
  if (session.grants.length && to.meta.program && typeof to.query.program === 'string') session.program = to.query.program === ALL ? null : to.query.program
})
