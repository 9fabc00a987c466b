//! The state that `faer`'s matrix kernels leave the vector registers in.
//!
//! Its AVX-512 kernels are assembly that ends without `vzeroupper`. While the upper halves of the registers hold something, the C
//! library's `exp` and `log` are slow: 260,000 exponentials took 95 ms after such a kernel and 2.6 ms after `vzeroupper`.
#![allow(unsafe_code)] // One instruction, for 35 times faster exponentials.

/// Clears the upper halves of the vector registers; to be called after `faer`, on the thread that called it.
#[inline]
pub(crate) fn clear_upper() {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx") {
        // SAFETY: the processor has AVX. At a call no register's upper half holds a value that anybody may still expect there.
        unsafe { core::arch::x86_64::_mm256_zeroupper() }
    }
}
