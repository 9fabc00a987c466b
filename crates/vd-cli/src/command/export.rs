//! `vd export`: a model for other programs.

use crate::cli::{ExportArgs, ExportFormat};
use crate::error::Result;
use crate::show::{emit, load};

pub(super) fn run(args: &ExportArgs) -> Result<()> {
    let model = load(&args.model)?;
    let text = match args.to {
        ExportFormat::Json => model_file::to_json(&model)? + "\n",
        ExportFormat::C => predictor::c99(&model, &args.prefix)?,
    };
    emit(&args.out, text.as_bytes())
}
