//! The union's tree of categories.

use super::store;
use super::sync::SyncError;
use crate::ctx::Ctx;
use crate::programs;
use connectors::unions::{Category, Union};
use kernel::UnionAccountId;
use std::collections::VecDeque;

/// JD's tree has three levels.
const GRADE_MAX: u8 = 2;
/// Calls of one sync at the most.
const CATEGORY_CALLS_MAX: u32 = 2_000;
/// Rows of one sync at the most.
const CATEGORIES_MAX: u64 = 50_000;
const NAME_CHARS_MAX: usize = 100;

/// What a sync of the categories did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CategoriesReport {
    pub calls: u32,
    pub seen: u64,
    /// The bounds were reached before the end of the tree.
    pub cut: bool,
}

/// Reads the tree, grades 0 to 2, level by level. Fails with the first call that fails; what was read before is kept.
pub async fn sync_categories(ctx: &Ctx, account: UnionAccountId) -> Result<CategoriesReport, SyncError> {
    let (account, union) = ctx.unions.connect(ctx, account).await?;
    let outcome = walk(ctx, &account.union_code, &*union).await;
    programs::note_budget(ctx, account.id, &*union).await?;
    outcome
}

async fn walk(ctx: &Ctx, union_code: &str, union: &dyn Union) -> Result<CategoriesReport, SyncError> {
    let mut report = CategoriesReport::default();
    let mut open: VecDeque<(Option<i64>, u8)> = VecDeque::from([(None, 0)]);
    while let Some((parent, grade)) = open.pop_front() {
        if report.calls >= CATEGORY_CALLS_MAX || report.seen >= CATEGORIES_MAX {
            report.cut = true;
            break;
        }
        report.calls += 1;
        let children: Vec<Category> = union.categories(parent, grade).await?.iter().filter_map(sound).collect();
        for chunk in children.chunks(store::PAGE_ROWS_MAX) {
            let mut tx = ctx.db.begin().await?;
            store::put_categories(&mut tx, union_code, grade, parent.unwrap_or(0), chunk).await?;
            tx.commit().await?;
        }
        report.seen += children.len() as u64;
        if grade < GRADE_MAX {
            open.extend(children.iter().map(|c| (Some(c.id), grade + 1)));
        }
    }
    Ok(report)
}

fn sound(category: &Category) -> Option<Category> {
    let name: String = category.name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    let name = name.trim().to_owned();
    (category.id > 0 && !name.is_empty()).then_some(Category { id: category.id, name })
}
