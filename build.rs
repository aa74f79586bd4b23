//! Puts into the binary the files of the page at `/docs`, and the commit that is built.

#[path = "build/commit.rs"]
mod commit;
#[path = "build/swagger_ui.rs"]
mod swagger_ui;

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build");
    swagger_ui::unpack(Path::new(&std::env::var("OUT_DIR")?))?;
    commit::tell();
    Ok(())
}
