//! Completions and manual pages.

use crate::error::{Error, Result};
use crate::show::emit;

use std::path::Path;

pub(super) fn completions(shell: clap_complete::Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut crate::cli::command(), "vd", &mut script);
    emit("-", &script)
}

pub(super) fn man(dir: Option<&Path>) -> Result<()> {
    let command = crate::cli::command();
    let Some(dir) = dir else {
        return emit("-", &page(command)?);
    };
    std::fs::create_dir_all(dir).map_err(Error::io("create", &dir.to_string_lossy()))?;
    let write = |name: &str, page: Vec<u8>| emit(&dir.join(name).to_string_lossy(), &page);
    for sub in command.get_subcommands().filter(|s| s.get_name() != "help") {
        let name = format!("vd-{}", sub.get_name());
        // A page's name must live as long as the program: there are nine of them.
        let leaked: &'static str = Box::leak(name.clone().into_boxed_str());
        write(&format!("{name}.1"), page(sub.clone().name(leaked))?)?;
    }
    write("vd.1", page(command)?)
}

fn page(command: clap::Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(Error::io("write", "a manual page"))?;
    Ok(page)
}
