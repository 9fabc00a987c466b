//! The dependency arrows of ARCHITECTURE.md, kept true: who may depend on whom inside the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// (crate, the workspace crates it may depend on). A crate that is missing here fails the test.
const ARROWS: &[(&str, &[&str])] = &[
    ("kl-approx", &["estimator"]), // With the feature `fit` alone.
    ("estimator", &[]),
    ("model-file", &[]),
    ("sparse-inference", &[]),
    ("svg-png", &[]),
    ("vd-report", &[]),
    ("predictor", &["estimator", "model-file", "sparse-inference"]),
    ("vd-linreg", &["estimator", "kl-approx"]),
    ("vd-glm", &["estimator", "kl-approx"]),
    ("vd-dsvi", &["estimator", "kl-approx", "model-file", "sparse-inference"]),
    ("rvm", &["estimator"]),
    ("l1-logreg", &["estimator"]),
    (
        "methods",
        &["estimator", "kl-approx", "l1-logreg", "predictor", "rvm", "vd-dsvi", "vd-glm", "vd-linreg"],
    ),
    (
        "vd-bench",
        &[
            "estimator",
            "kl-approx",
            "l1-logreg",
            "model-file",
            "rvm",
            "svg-png",
            "vd-dsvi",
            "vd-glm",
            "vd-linreg",
            "vd-report",
        ],
    ),
    (
        "vd-cli",
        &["estimator", "kl-approx", "methods", "model-file", "predictor", "svg-png", "vd-dsvi", "vd-report"],
    ),
    ("xtask", &[]),
];

#[test]
fn the_arrows_between_the_crates_are_the_architectures() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let members: BTreeSet<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        let Some(allowed) = allowed.get(name) else {
            wrong.push(format!("{name} is not in the table of arrows"));
            continue;
        };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let target = dependency["name"].as_str().expect("a name");
            // Development dependencies may point anywhere: they reach no user.
            if members.contains(target)
                && dependency["kind"].as_str() != Some("dev")
                && !allowed.contains(&target)
            {
                wrong.push(format!("{name} → {target}"));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that the architecture does not have: {wrong:?}");
}
