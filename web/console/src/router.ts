import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { resume, session } from './session'

// One line for each page. See README.md for how a page is added.
const routes: RouteRecordRaw[] = [
  { path: '/', component: () => import('./pages/reports/Board.vue'), meta: { title: 'board.title', program: 'any', right: 'Read' } },
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
  if (!to.meta.program) return true
  const asked = to.query.program
  if (typeof asked === 'string' && session.programs.some((p) => p.code === asked)) {
    session.program = asked
    return true
  }
  if (asked !== undefined) return { ...to, query: { ...to.query, program: undefined } }
  return session.program ? { ...to, query: { ...to.query, program: session.program }, replace: true } : true
})
