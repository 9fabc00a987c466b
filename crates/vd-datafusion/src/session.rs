//! Settings of every session, here and in workers.

use datafusion::prelude::SessionConfig;

/// What makes the parts of a pass, and with them its bits, the same in every run: no part takes rows that another one was given.
pub(crate) fn settings(config: &mut SessionConfig, partitions: Option<usize>) {
    let options = config.options_mut();
    options.execution.enable_file_stream_work_stealing = false;
    options.optimizer.enable_round_robin_repartition = false;
    if let Some(partitions) = partitions {
        options.execution.target_partitions = partitions;
    }
}
