/// What somebody may do. Every staff endpoint names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// See a program's settings, promoters, communities, goods, links, clicks, orders.
    Read,
    /// Change a program: settings, admission, plan, roster; union accounts and legal entities.
    ManagePrograms,
    /// Promoters, invite codes and communities.
    ManagePromoters,
    /// Sync goods, ban items.
    ManageCatalog,
    /// Assign orders by hand, run pulls.
    ManageOrders,
    /// See accounts and transactions, verify, export.
    ReadLedger,
    /// Grant and revoke, see the audit log.
    ManageStaff,
    /// Retry jobs, see health.
    Operate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Owner,
    Operations,
    Finance,
    ReadOnly,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Owner, Role::Operations, Role::Finance, Role::ReadOnly];

    pub const fn word(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Operations => "operations",
            Role::Finance => "finance",
            Role::ReadOnly => "read_only",
        }
    }

    pub fn from_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|r| r.word() == word)
    }

    pub const fn allows(self, right: Right) -> bool {
        match self {
            Role::Owner => true,
            Role::Operations => matches!(
                right,
                Right::Read | Right::ManagePromoters | Right::ManageCatalog | Right::ManageOrders | Right::Operate
            ),
            Role::Finance => matches!(right, Right::Read | Right::ReadLedger | Right::ManageOrders),
            Role::ReadOnly => matches!(right, Right::Read),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_manages_staff_and_programs() {
        for role in [Role::Operations, Role::Finance, Role::ReadOnly] {
            assert!(!role.allows(Right::ManageStaff) && !role.allows(Right::ManagePrograms), "{role:?}");
            assert!(role.allows(Right::Read));
            assert_eq!(Role::from_word(role.word()), Some(role));
        }
        assert!(!Role::Operations.allows(Right::ReadLedger));
    }
}
