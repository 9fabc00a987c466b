//! Writes the recovery table's problems as arrays for `peers/linreg_recovery.py`: `linreg_arrays DIR FIRST_SEED LAST_SEED`.

use std::error::Error;
use std::fs;

use vd_bench::experiment::linreg::figures::recovery_problems;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [dir, first, last] = args.as_slice() else {
        return Err("usage: linreg_arrays DIR FIRST_SEED LAST_SEED".into());
    };
    let mut index = String::new();
    for (k, (name, spec)) in recovery_problems().iter().enumerate() {
        for seed in first.parse::<u64>()?..=last.parse()? {
            let p = spec.problem(seed);
            let stem = format!("{k}-{seed}");
            let parts = [
                ("x", p.x.as_slice()),
                ("t", p.t.as_slice()),
                ("xe", p.x_test.as_slice()),
                ("fe", p.signal_test.as_slice()),
                ("w", p.weights.as_slice()),
            ];
            for (part, values) in parts {
                let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                fs::write(format!("{dir}/{stem}.{part}"), bytes)?;
            }
            index +=
                &format!("{stem}\t{name}\t{seed}\t{}\t{}\t{}\n", p.x.nrows(), p.x.ncols(), p.x_test.nrows());
        }
    }
    fs::write(format!("{dir}/index.tsv"), index)?;
    Ok(())
}
