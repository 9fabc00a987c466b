//! The one place with `unsafe`: a job is compiled once for each instruction set and the widest one present is entered.
#![allow(unsafe_code)]
//!
//! `#[target_feature]` functions are safe to define; only entering one from a function without the feature is not, because
//! the instructions would be illegal on a processor that lacks them. A [`Level`] is the proof that they are present: its
//! field is private and [`Level::detect`] is where the wider values come from, after asking the processor.
//!
//! Measured gain (one thread, MNIST softmax, batch 100): see `docs/decisions/vd-dsvi-kernels.md`.

/// Which instruction set to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level(Set);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Set {
    /// Whatever the build's target guarantees; fused multiply-adds may be library calls.
    Portable,
    /// AVX2 and FMA (x86-64-v3).
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 F, VL, DQ, BW (x86-64-v4).
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// The widest set this processor has.
    pub fn detect() -> Self {
        Self::all().pop().unwrap_or(Self(Set::Portable))
    }

    /// Every set this processor has, narrowest first.
    pub fn all() -> Vec<Self> {
        #[allow(unused_mut)]
        let mut sets = vec![Self(Set::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                sets.push(Self(Set::Avx2));
                if is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512bw")
                {
                    sets.push(Self(Set::Avx512));
                }
            }
        }
        sets
    }
}

/// Work to be compiled for each instruction set. `run` and all that it calls in its loops must be `#[inline(always)]`:
/// only what is inlined into the entry functions below is compiled for their features.
pub(crate) trait Job {
    /// What the work gives back.
    type Output;
    /// Does the work.
    fn run(self) -> Self::Output;
}

/// Runs `job` with the instructions of `level`.
pub(crate) fn run<J: Job>(level: Level, job: J) -> J::Output {
    match level.0 {
        Set::Portable => job.run(),
        // SAFETY: the value `Avx2` is made only by `Level::all`, after AVX2 and FMA were found on this processor.
        #[cfg(target_arch = "x86_64")]
        Set::Avx2 => unsafe { avx2(job) },
        // SAFETY: the value `Avx512` is made only by `Level::all`, after all of these features were found.
        #[cfg(target_arch = "x86_64")]
        Set::Avx512 => unsafe { avx512(job) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<J: Job>(job: J) -> J::Output {
    job.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512dq,avx512bw")]
fn avx512<J: Job>(job: J) -> J::Output {
    job.run()
}
