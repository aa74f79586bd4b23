//! Writes the pages of the manual that a package brings, `presignd.1` and one for each command, from the command line
//! itself: `cargo run --example man -- FOLDER`.

use std::error::Error;

use clap::CommandFactory;
use presignd::cli::Cli;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("usage: man FOLDER")?;
    std::fs::create_dir_all(&folder)?;
    let command = Cli::command();
    // a package's binary is built without it
    #[cfg(feature = "dev")]
    let command = command.mut_subcommand("dev", |dev| dev.hide(true));
    clap_mangen::generate_to(command, folder)?;
    Ok(())
}
