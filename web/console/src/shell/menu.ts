import type { Right } from '@/session'
import type { Word } from '@/words'

export interface Entry {
  to: string
  title: Word
  /** Path data of a 24-unit icon, drawn with strokes. */
  icon: string
  right: Right
  /** Asked of all programs, as for what stands above programs; else of the one that is looked at, or of any. */
  above?: boolean
  /** Longer addresses that are other entries. */
  exact?: boolean
}

// One line for each page of the menu.
export const MENU: { title: Word; entries: Entry[] }[] = [
  {
    title: 'menu.today',
    entries: [
      { to: '/inbox', title: 'inbox.title', right: 'Operate', icon: 'M6 16v-5a6 6 0 0 1 12 0v5l1.500 2h-15L6 16Zm4 4.500h4' },
      { to: '/', title: 'board.title', right: 'Read', exact: true, icon: 'M4 20V10m5.5 10V4M15 20v-7m5 7V8' },
    ],
  },
  {
    title: 'menu.offers',
    entries: [
      { to: '/products', title: 'products.title', right: 'Read', icon: 'M5 8h14l-1.2 10.3a2 2 0 0 1-2 1.7H8.2a2 2 0 0 1-2-1.7L5 8Zm4 0V7a3 3 0 0 1 6 0v1' },
    ],
  },
  {
    title: 'menu.people',
    entries: [
      { to: '/promoters', title: 'promoters.title', right: 'Read', icon: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 9a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.2m1.8 3.6A6.5 6.5 0 0 1 21.5 20' },
      { to: '/communities', title: 'communities.title', right: 'Read', icon: 'M4 5h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H9l-4 3v-3H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1Zm16.5 5a1 1 0 0 1 .5 1v6a1 1 0 0 1-1 1h-1v2.5L15.5 18H12' },
      { to: '/links', title: 'links.title', right: 'Read', icon: 'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1' },
      { to: '/clicks', title: 'clicks.title', right: 'Read', icon: 'm9 9 11 4.5-4.800 1.7L13.5 20 9 9ZM5 5 3.5 3.5M9 4V2M4 9H2' },
      { to: '/invite-codes', title: 'invites.title', right: 'Read', icon: 'M4 7h16v3.5a1.5 1.5 0 0 0 0 3V17H4v-3.5a1.5 1.5 0 0 0 0-3V7Zm10 0v10' },
      { to: '/roster', title: 'roster.title', right: 'Read', icon: 'M6 3.5h12a1 1 0 0 1 1 1v15a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-15a1 1 0 0 1 1-1ZM9 8h6m-6 4h6m-6 4h3' },
    ],
  },
  {
    title: 'menu.money',
    entries: [
      { to: '/orders', title: 'orders.title', right: 'Read', icon: 'M6 3.5h12a1 1 0 0 1 1 1v16l-2.300-1.500-2.300 1.500-2.400-1.500-2.300 1.500-2.400-1.500L5 20.500v-16a1 1 0 0 1 1-1ZM8.500 8.500h7m-7 4h7' },
      { to: '/orders/unassigned', title: 'orders.unassigned', right: 'ManageOrders', above: true, icon: 'M4 13.500 6.200 5h11.600L20 13.500V19a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1v-5.500Zm0 0h5l1.200 2.500h3.600l1.200-2.500h5' },
      { to: '/ledger', title: 'ledger.title', right: 'ReadLedger', icon: 'M6 4h11a2 2 0 0 1 2 2v14H7.500A2.500 2.500 0 0 1 5 17.500V5a1 1 0 0 1 1-1Zm-1 13.500A2.500 2.500 0 0 1 7.500 15H19M9 8h6' },
    ],
  },
  {
    title: 'menu.setUp',
    entries: [
      { to: '/programs', title: 'programs.title', right: 'Read', icon: 'M4 5a1 1 0 0 1 1-1h5v7H4V5Zm10-1h5a1 1 0 0 1 1 1v4h-6V4ZM4 15h6v5H5a1 1 0 0 1-1-1v-4Zm10-2h6v6a1 1 0 0 1-1 1h-5v-7Z' },
      { to: '/union-accounts', title: 'unions.title', right: 'Read', above: true, icon: 'M8 3v5m8-5v5M6 8h12v3a6 6 0 0 1-12 0V8Zm6 9v4' },
      { to: '/health', title: 'health.title', right: 'Operate', above: true, icon: 'M3 12h4l2.500-7 5 14 2.500-7h4' },
      { to: '/jobs', title: 'jobs.title', right: 'Operate', above: true, icon: 'M12 7v5l3.500 2M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17Z' },
      { to: '/staff', title: 'staff.title', right: 'ManageStaff', icon: 'M12 3.500 19 6v6c0 4.200-2.900 7.300-7 8.500-4.100-1.200-7-4.300-7-8.500V6l7-2.500ZM9 12l2.200 2.200L15.200 10' },
      { to: '/audit', title: 'audit.title', right: 'ManageStaff', icon: 'M5 4.500h9l5 5V19a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5.500a1 1 0 0 1 1-1ZM14 4.500V10h5M8 13h7m-7 3.500h5' },
    ],
  },
]
