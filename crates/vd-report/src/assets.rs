//! What every page carries: the style, the page's own script, and the chart library with its licence.

use sha2::{Digest, Sha256};

/// A file of another project, as it was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vendored {
    /// The package in the npm registry.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The file.
    pub text: &'static str,
    /// The licence, which every page carries too.
    pub licence: &'static str,
    /// SHA-256 of the file in hexadecimal; a test compares.
    pub sha256: &'static str,
}

/// The chart library: Observable Plot, and D3, which it is made of. In the order in which a page runs them.
pub const VENDORED: [Vendored; 2] = [
    Vendored {
        package: "d3",
        version: "7.9.2",
        text: include_str!("../assets/vendor/d3-7.9.2.min.js"),
        licence: include_str!("../assets/vendor/d3-LICENSE.txt"),
        sha256: "912111098ea99503a6f4967361d2bbdc9dbf58cf9c678c8e27e5b02d1a07f0c1",
    },
    Vendored {
        package: "@observablehq/plot",
        version: "0.6.17",
        text: include_str!("../assets/vendor/plot-0.6.17.umd.min.js"),
        licence: include_str!("../assets/vendor/plot-LICENSE.txt"),
        sha256: "4358086467740777dd788d6b27a95cebdbaefdd50c730a3060117073bd7134cb",
    },
];

/// The page's own style.
pub(crate) const STYLE: &str = include_str!("../assets/page.css");

/// The page's own scripts, in the order in which they run.
pub(crate) const SCRIPTS: [&str; 4] = [
    include_str!("../assets/tools.js"),
    include_str!("../assets/table.js"),
    include_str!("../assets/charts.js"),
    include_str!("../assets/page.js"),
];

/// How a content security policy names a script: the SHA-256 of its text in base64 (CSP level 3, section 2.3.1).
pub(crate) fn policy_hash(script: &str) -> String {
    format!("'sha256-{}'", base64(&Sha256::digest(script.as_bytes())))
}

/// RFC 4648, section 4.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |g, &b| g << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let sextet = (group >> (18 - 6 * i)) as usize & 63;
            text.push(if i <= chunk.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{VENDORED, base64, policy_hash};
    use sha2::{Digest, Sha256};

    #[test]
    fn vendored_files_are_as_published() {
        for file in VENDORED {
            let found: String =
                Sha256::digest(file.text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(found, file.sha256, "{} {}", file.package, file.version);
            assert!(file.licence.contains("Permission to use, copy, modify"), "{}", file.package);
            // Either would end the script element early.
            assert!(!file.text.contains("</script") && !file.text.contains("<!--"), "{}", file.package);
        }
    }

    /// The test vectors of RFC 4648, section 10, and the example of CSP level 3.
    #[test]
    fn known_encodings() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(
            policy_hash("alert('Hello, world.');"),
            "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
        );
    }
}
