//! The faces are embedded as they were built; a new build of theirs means a new build of ours.

fn main() {
    for dist in ["../../web/console/dist", "../../web/app/dist/build/h5"] {
        println!("cargo:rerun-if-changed={dist}");
    }
}
