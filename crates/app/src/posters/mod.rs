//! Posters and pictures: what a promoter sends into a chat as an image, and goods' pictures from our own host.
//!
//! Owns `poster_template`. Pictures are fetched from where the union says that they are, by `connectors::pictures`, which
//! lets no address lead inside, and kept in a folder that may be lost. Posters are drawn when they are asked for, by the
//! crate `posters`; only the photo of a product is kept, as pixels.
//! A poster is public as the page is that its code leads to: `/p/{code}/poster.jpg`, `/i/{invite}/poster.jpg`.
//! Bounds: as many pieces of drawing at once as there are processors, ten seconds' wait for one, [`PHOTOS_BYTES`] of
//! photos in memory, `pictures.cache_mb` of pictures on disk; a picture that could not be had is not asked for again for
//! five minutes; templates of 64 KB.

mod invite;
mod pages;
mod product;
mod routes;
mod store;
mod studio;

pub use pages::pages;
pub use routes::routes;
pub use studio::{PHOTOS_BYTES, Studio, warm_up};
